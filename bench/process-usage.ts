import { readFile } from 'node:fs/promises';

/** Linux's USER_HZ, the unit of /proc/PID/stat: 100 on every platform that Node supports. */
const TICKS_PER_SECOND = 100;

export interface Usage {
  readonly cpuMs: number;
  readonly residentBytes: number;
}

/** CPU time and memory of a process so far, from /proc (Linux only). */
export async function usageOf(pid: number): Promise<Usage> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The command's name stands in parentheses and may hold blanks: count from the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { cpuMs: (ticks * 1_000) / TICKS_PER_SECOND, residentBytes: Number(fields[21]) * 4_096 };
}
