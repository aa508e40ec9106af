import type { History } from './history.ts';
import type { Outside } from './outside.ts';

/** What was done outside: at least once for each success, and under one key a task run. */
export function checkEffects(history: History, outside: Outside): readonly string[] {
  const problems: string[] = [];
  const scheduled = new Map<string, string>();
  for (const { event } of history.events) {
    if (event.type !== 'task.scheduled') continue;
    const run = `${event.execution}-${event.run}`;
    const former = scheduled.get(run);
    if (former !== undefined && former !== event.idempotencyKey) {
      problems.push(`${run} was handed out under two keys`);
    }
    scheduled.set(run, event.idempotencyKey);
  }
  for (const [key, { taskRun }] of outside.effects) {
    if (scheduled.get(taskRun) !== key)
      problems.push(`effect ${key} of a run that was never scheduled`);
  }
  for (const { event } of history.events) {
    if (event.type !== 'task.ended' || event.taskType !== 'sim.work') continue;
    if (event.state !== 'SUCCESS') continue;
    const key = scheduled.get(`${event.execution}-${event.run}`);
    if (key === undefined || !outside.effects.has(key)) {
      problems.push(`${event.execution}-${event.run} succeeded without its effect`);
    }
  }
  return problems;
}
