import { type ExecutionId, executionId, partitionOf } from '../../model/ids.ts';
import type { RecordOrigin } from '../../model/starts.ts';
import { assert } from '../../support/assert.ts';
import { idOf } from '../../support/digest.ts';

/** Draws for each partition: to miss it so often has a chance of e^-64. */
const DRAWS_A_PARTITION = 64;

/**
 * The id of a start whose sender chose none: a function of where its record lies, drawn until it falls into
 * the owning partition. The same record has the same id whoever reads it.
 */
export function foreignId(origin: RecordOrigin, owner: number, partitions: number): ExecutionId {
  const place = [origin.topic, String(origin.partition), String(origin.offset)];
  for (let draw = 0; draw < DRAWS_A_PARTITION * partitions; draw++) {
    const id = idOf([...place, String(draw)]);
    if (partitionOf(id, partitions) === owner) return executionId(id);
  }
  assert(false, `an id for partition ${owner} of ${partitions} is found`);
}
