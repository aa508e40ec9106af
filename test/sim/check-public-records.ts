import type { History } from './history.ts';

/** In order for each execution, whole, and repeats equal to what they repeat. */
export function checkPublicRecords(history: History): readonly string[] {
  const problems: string[] = [];
  const seen = new Map<string, Map<number, string>>();
  for (const { headers, value } of history.publicRecords) {
    const [id = '', seqText] = (headers['ce_id'] ?? '').split('/');
    const seq = Number(seqText);
    const records = seen.get(id) ?? new Map<number, string>();
    seen.set(id, records);
    const known = records.get(seq);
    if (known === undefined && seq !== records.size + 1) {
      problems.push(`public record ${id}/${seq} comes after ${records.size} others`);
    }
    if (known !== undefined && known !== value) problems.push(`public record ${id}/${seq} differs`);
    records.set(seq, value ?? '');
  }
  for (const [id, events] of history.byExecution) {
    const expected = events.filter(({ event }) => 'seq' in event).length;
    const got = seen.get(id)?.size ?? 0;
    if (got !== expected) problems.push(`${id} has ${got} public records instead of ${expected}`);
  }
  for (const id of seen.keys()) {
    if (!history.byExecution.has(id)) problems.push(`public records of ${id}, which never was`);
  }
  return problems;
}
