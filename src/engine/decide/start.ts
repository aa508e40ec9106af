/** A record of `starts`: an execution, or the event that says why there is none. */
import type { Cause } from '../../model/cause.ts';
import { type ExecutionId, partitionOf } from '../../model/ids.ts';
import type { StartRequest } from '../../model/starts.ts';
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import type { StartInput } from '../input.ts';
import { beginExecution } from '../start/begin-execution.ts';
import { foreignId } from '../start/foreign-id.ts';
import { refuseHeldCommands } from '../start/held-commands.ts';
import { rejectStart } from '../start/reject-start.ts';
import { knownSequence } from '../start/sources.ts';
import { tooLarge } from '../start/start-size.ts';

export function onStart(draft: Draft, input: StartInput, definitions: Definitions): void {
  decide(draft, input, definitions);
  refuseHeldCommands(draft, input.offset);
}

function decide(draft: Draft, input: StartInput, definitions: Definitions): void {
  const { start: parsed, offset, timeMs, origin, preview } = input;
  const cause: Cause = { kind: 'start', offset };
  const record = { cause, timeMs, origin, preview };
  if (!parsed.ok) return rejectStart(draft, record, parsed);
  const start = parsed.value;
  if (start.source !== undefined && knownSequence(draft, start.source)) {
    draft.count('start-repeated');
    return;
  }
  const problem = input.refusal ?? tooLarge(start) ?? misplaced(draft, start);
  if (problem !== undefined) return rejectStart(draft, record, problem, start);
  if (start.executionId !== undefined) {
    return beginExecution(draft, { ...record, start, execution: start.executionId }, definitions);
  }
  const owner = ownerOf(draft, start);
  const execution = foreignId(origin, owner, definitions.partitions);
  if (owner !== draft.state.partition) {
    return draft.emit({ type: 'command.forwarded', time: timeMs, cause, execution, start, origin });
  }
  beginExecution(draft, { ...record, start, execution }, definitions);
}

/** Our own senders put a start where its id belongs. */
function misplaced(
  draft: Draft,
  { executionId, idempotencyKey }: StartRequest,
): { readonly reason: string; readonly message: string } | undefined {
  if (executionId === undefined) return undefined;
  if (
    isHere(draft, executionId) &&
    (idempotencyKey === undefined || isHere(draft, idempotencyKey))
  ) {
    return undefined;
  }
  const message =
    `a start with the id ${executionId} does not belong to partition ${draft.state.partition}; ` +
    'leave the id out, and any partition will do';
  return { reason: 'start-misplaced', message };
}

function isHere(draft: Draft, entity: ExecutionId | string): boolean {
  const { partition, partitions } = draft.state;
  return partitionOf(entity, partitions) === partition;
}

/** A keyed start belongs to the partition of its key, any other to the one where it lies. */
function ownerOf(draft: Draft, { idempotencyKey }: StartRequest): number {
  const { partition, partitions } = draft.state;
  return idempotencyKey === undefined ? partition : partitionOf(idempotencyKey, partitions);
}
