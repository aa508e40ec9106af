import type { SqliteLog } from '../../src/adapters/sqlite/log.ts';
import type { Event } from '../../src/model/events.ts';
import type { HappenedEvent, History } from './history.ts';
import type { Listening } from './listening.ts';
import type { Sight, Witness } from './witness.ts';
import type { World } from './world.ts';

/** What the log tells at the end of what happened. */
export async function lookBack(
  { log, witness, listening }: World,
  history: History,
): Promise<void> {
  witness.saw('a record of a former owner is ignored', history.ignored);
  for (const { kind } of history.owners.flat()) {
    if (kind === 'began') witness.saw('inputs are taken one by one');
  }
  for (const { event } of history.events) for (const sight of sightsOf(event)) witness.saw(sight);
  for (const [, events] of history.byExecution) {
    if (hasOutlivedItsFlow(events, history)) {
      witness.saw('a flow has changed when an execution of it ends');
    }
  }
  const ids = history.publicRecords.map(({ headers }) => headers['ce_id']);
  witness.saw('a public record is repeated', ids.length - new Set(ids).size);
  if (listening !== undefined) lookAtTriggers(listening, witness);
  await lookAtLog(log, witness);
}

function lookAtTriggers({ fates }: Listening, witness: Witness): void {
  const { takeovers, states, decisions, deadLetters } = fates;
  witness.saw(
    'triggers are taken over',
    takeovers.filter((takeover) =>
      takeovers.some(
        ({ partition, process, offset }) =>
          partition === takeover.partition &&
          process !== takeover.process &&
          offset < takeover.offset,
      ),
    ).length,
  );
  const late = states.filter(({ record, offset }) =>
    states.some((other) => other.record.generation > record.generation && other.offset < offset),
  );
  witness.saw('a state of a former owner of triggers is ignored', late.length);
  for (const { reason } of decisions) {
    if (reason === 'missed') witness.saw('a due time is missed');
    if (reason === 'filtered') witness.saw('a record of a topic is filtered');
  }
  witness.saw('a record of a topic cannot be read', deadLetters.size);
}

function sightsOf(event: Event): readonly Sight[] {
  const sights: Sight[] = [];
  const { cause } = event;
  if (cause.kind === 'continue') sights.push('an agenda is continued');
  if (cause.kind === 'command-failed') sights.push('an input that ends its process is failed');
  if (event.type === 'command.held') sights.push('a command is held for its start');
  if (event.type === 'command.forwarded') sights.push('a keyed start is forwarded');
  if (event.type === 'start.duplicate') sights.push('a start has a key that is known');
  if (event.type !== 'task.scheduled') return sights;
  const { reason, taskType } = event;
  if (reason === 'worker-gone') sights.push('a lease of a gone worker is handed out again');
  if (reason === 'stale') sights.push('a stale dispatch is handed out again');
  if (taskType === 'values.page') sights.push('a loop gets a page of its values');
  if (taskType === 'expression.evaluate') sights.push('an expression is evaluated by a worker');
  return sights;
}

function hasOutlivedItsFlow(events: readonly HappenedEvent[], { revisions }: History): boolean {
  const created = events[0]?.event;
  const last = events.at(-1)?.event;
  if (created?.type !== 'execution.created' || last === undefined) return false;
  const revision = revisions.get(created.flow)?.find(({ offset }) => offset > created.flowOffset);
  return revision !== undefined && revision.timeMs < last.time;
}

async function lookAtLog(log: SqliteLog, witness: Witness): Promise<void> {
  for (let partition = 0; partition < log.partitions; partition += 1) {
    const events = await log.bounds('events', partition);
    if (events.start > 0) witness.saw('events expire');
    const { start, end } = await log.bounds('checkpoints', partition);
    let pages = 0;
    for await (const page of log.read('checkpoints', partition, start, end)) pages += page.length;
    witness.saw('checkpoints are compacted', end - start - pages);
  }
}
