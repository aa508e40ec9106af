/** `control.<worker group>`: cancels, read by every worker of the worker group. Key: the task run's id. */
import type { LogRecord, OutgoingRecord, TopicName } from '../model/log-records.ts';
import type { CancelRequest } from '../model/records.ts';
import type { Parsed } from '../model/starts.ts';
import { taskRunIdShape } from './common-shapes.ts';
import { readValue, versionHeaders } from './read.ts';
import { natural, record, type Shape } from './shape.ts';

export function controlTopic(workerGroup: string): TopicName {
  return `control.${workerGroup}`;
}

export function encodeCancel(cancel: CancelRequest): OutgoingRecord {
  return { key: cancel.taskRun, value: JSON.stringify(cancel), headers: versionHeaders };
}

export function decodeCancel(record: LogRecord): Parsed<CancelRequest> {
  return readValue(record, cancelShape, 'cancel');
}

export const cancelShape: Shape<CancelRequest> = record<CancelRequest>({
  taskRun: taskRunIdShape,
  dispatch: natural,
});
