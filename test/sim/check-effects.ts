import type { History } from './history.ts';
import type { Outside } from './outside.ts';

/**
 * What was done outside: at least once for each success, under the key of its last attempt. Which keys a run may
 * have is looked at where its attempts are (check-retries.ts).
 */
export function checkEffects(history: History, outside: Outside): readonly string[] {
  const problems: string[] = [];
  const scheduled = new Map<string, string[]>();
  for (const { event } of history.events) {
    if (event.type !== 'task.scheduled') continue;
    const run = `${event.execution}-${event.run}`;
    scheduled.set(run, [...(scheduled.get(run) ?? []), event.idempotencyKey]);
  }
  for (const [key, { taskRun }] of outside.effects) {
    if (scheduled.get(taskRun)?.includes(key) !== true)
      problems.push(`effect ${key} of a run that was never scheduled`);
  }
  for (const { event } of history.events) {
    if (event.type !== 'task.ended' || event.taskType !== 'sim.work') continue;
    if (event.state !== 'SUCCESS' || event.error !== undefined) continue;
    const key = scheduled.get(`${event.execution}-${event.run}`)?.at(-1);
    if (key === undefined || !outside.effects.has(key)) {
      problems.push(`${event.execution}-${event.run} succeeded without its effect`);
    }
  }
  return problems;
}
