import { SqliteViews } from '../../src/adapters/sqlite/views.ts';
import { ViewChanges } from '../../src/indexer/changes.ts';
import { type ExecutionId, executionId } from '../../src/model/ids.ts';
import type { History } from './history.ts';

/** The views that lived through it all equal a replay from the start. */
export async function checkViews(history: History, lived: SqliteViews): Promise<readonly string[]> {
  const changes = new ViewChanges();
  for (const { event, offset } of history.events) changes.add(event, offset);
  const replayed = new SqliteViews(':memory:');
  await replayed.write(changes.batch());
  const problems: string[] = [];
  for (const id of history.byExecution.keys()) {
    const execution = executionId(id);
    const [one, other] = await Promise.all([rowsOf(lived, execution), rowsOf(replayed, execution)]);
    if (one !== other) problems.push(`the view of ${id} is\n${one}\ninstead of\n${other}`);
  }
  await replayed.close();
  return problems;
}

async function rowsOf(views: SqliteViews, id: ExecutionId): Promise<string> {
  const runs = await views.taskRuns(id, { limit: 1_000 });
  return JSON.stringify({ execution: await views.execution(id), runs });
}
