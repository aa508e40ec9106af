/** SQLite's result codes in words, and what a person does about each. */
export interface StorageProblem {
  readonly code: 'disk-full' | 'read-only' | 'input-output' | 'damaged' | 'storage';
  readonly message: string;
  readonly advice: string;
}

/** Primary result codes; the extended ones carry them in their low byte. */
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
const BUSY = 5;
const CONSTRAINT = 19;

const known: Readonly<Record<number, Pick<StorageProblem, 'code' | 'advice'>>> = {
  [READONLY]: { code: 'read-only', advice: 'Make the data folder writable.' },
  [CANTOPEN]: { code: 'read-only', advice: 'Make the data folder readable and writable.' },
  [IOERR]: { code: 'input-output', advice: "Check the disk and the system's log." },
  [FULL]: { code: 'disk-full', advice: 'Free space on the volume of the data folder.' },
  [CORRUPT]: { code: 'damaged', advice: 'Stop, and restore the data folder from a backup.' },
  [NOTADB]: { code: 'damaged', advice: 'Stop, and restore the data folder from a backup.' },
};

/** What is wrong with the storage, or undefined when the error is not the storage's but ours. */
export function storageProblem(error: unknown): StorageProblem | undefined {
  const result = resultCode(error);
  if (result === undefined || result === CONSTRAINT) return undefined;
  const { code, advice } = known[result] ?? { code: 'storage', advice: 'See the message.' };
  return { code, advice, message: error instanceof Error ? error.message : String(error) };
}

/** True when another connection holds the file. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY;
}

function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}
