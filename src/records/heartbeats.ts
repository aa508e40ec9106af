/** `workers`: what each worker says of itself. Key: its incarnation; time: the record's LogAppendTime. */
import type { LogRecord, OutgoingRecord } from '../model/log-records.ts';
import type { WorkerHeartbeat } from '../model/records.ts';
import type { Parsed } from '../model/starts.ts';
import { taskRunIdShape } from './common-shapes.ts';
import { readValue, versionHeaders } from './read.ts';
import { boolean, list, milliseconds, natural, record, type Shape, text } from './shape.ts';

export function encodeHeartbeat(heartbeat: WorkerHeartbeat): OutgoingRecord {
  return { key: heartbeat.worker, value: JSON.stringify(heartbeat), headers: versionHeaders };
}

export function decodeHeartbeat(record: LogRecord): Parsed<WorkerHeartbeat> {
  return readValue(record, heartbeatShape, 'heartbeat');
}

export const heartbeatShape: Shape<WorkerHeartbeat> = record<WorkerHeartbeat>({
  worker: text,
  workerGroup: text,
  host: text,
  processId: natural,
  slots: natural,
  running: natural,
  leases: list(record({ taskRun: taskRunIdShape, dispatch: natural })),
  sessionMs: milliseconds,
  leaving: boolean,
});
