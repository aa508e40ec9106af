import { readFileSync } from 'node:fs';
import type { Finding } from '../../ports/examination.ts';

/** Who has the embedded log open. It is not opened itself: that would keep a starting process out. */
export function examineHolder(file: string): readonly Finding[] {
  const subject = 'embedded log';
  const pid = pidIn(`${file}.pid`);
  if (pid === undefined) return [{ level: 'ok', subject, message: 'not in use' }];
  return isAlive(pid)
    ? [{ level: 'ok', subject, message: `in use by the process with pid ${pid}` }]
    : [{ level: 'ok', subject, message: `not in use (pid ${pid} ended without closing it)` }];
}

function pidIn(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, so it is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
