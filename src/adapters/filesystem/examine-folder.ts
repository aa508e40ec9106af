import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Finding } from '../../ports/examination.ts';

/** Below this a data folder is nearly full: views alone grow by as much in a busy hour. */
const FREE_BYTES_MIN = 1024 ** 3;

/** Whether a data folder can be used; for one that is missing, whether it can be made. */
export async function examineFolder(folder: string): Promise<readonly Finding[]> {
  const subject = 'data folder';
  try {
    const place = await nearestExisting(folder);
    await access(place, constants.R_OK | constants.W_OK | constants.X_OK);
    const { bavail, bsize } = await statfs(place);
    const free = bavail * bsize;
    const text = `${folder}: ${(free / FREE_BYTES_MIN).toFixed(1)} GiB free`;
    if (free >= FREE_BYTES_MIN) return [{ level: 'ok', subject, message: text }];
    const advice = 'Make room: a full disk stops all executions until there is some.';
    return [{ level: 'warning', subject, message: text, advice }];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const advice = 'Give this user the right to write there, or set data.folder.';
    return [{ level: 'problem', subject, message, advice }];
  }
}

async function nearestExisting(folder: string): Promise<string> {
  try {
    await access(folder);
    return folder;
  } catch (error) {
    const parent = path.dirname(folder);
    if (parent === folder) throw error;
    return nearestExisting(parent);
  }
}
