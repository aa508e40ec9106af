/** Dead letters as people look at them: newest first, and one with what it was. */
import type { LogRecord, TopicName } from '../model/log-records.ts';
import type { DeadLetter } from '../model/records.ts';
import { decodeDeadLetter } from '../records/dlq.ts';
import { previewOf } from '../records/preview.ts';
import { NewestFirst, type PlacedRecord } from './newest-first.ts';
import { Problem } from './problem.ts';
import { askLog, type HttpServices } from './services.ts';

/** Records that one request looks at: whoever filters gets a page with fewer rows, and a cursor. */
const LOOKED_AT_MAX = 2_000;

export interface DeadLetterQuery {
  readonly reason?: string | undefined;
  readonly sinceMs?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export type DeadLetterBody = ReturnType<typeof deadLetterBody>;

/** What is shown of a record of `dlq`, also of one that is no dead letter of ours. */
export function deadLetterBody({ partition, record }: PlacedRecord) {
  const decoded = decodeDeadLetter(record);
  const letter: Omit<DeadLetter, 'timeMs'> = decoded.ok
    ? decoded.value
    : {
        reason: decoded.reason,
        message: decoded.message,
        origin: { topic: 'dlq', partition, offset: record.offset },
        preview: previewOf(record.value),
      };
  const { reason, message, origin, lastOffset, namespace, flow, execution, preview } = letter;
  return {
    partition,
    offset: record.offset,
    time: new Date(record.timestampMs).toISOString(),
    reason,
    message,
    origin,
    ...(lastOffset === undefined ? {} : { lastOffset }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(flow === undefined ? {} : { flow }),
    ...(execution === undefined ? {} : { execution }),
    preview,
  };
}

export async function findDeadLetters(
  { options }: HttpServices,
  { reason, sinceMs = 0, limit, cursor }: DeadLetterQuery,
): Promise<{ readonly deadLetters: readonly DeadLetterBody[]; readonly cursor?: string }> {
  const records = await NewestFirst.open(options, 'dlq', cursor);
  const found: DeadLetterBody[] = [];
  for (let looked = 0; looked < LOOKED_AT_MAX && found.length < limit; looked += 1) {
    const placed = await records.next();
    // The log stamps records in their order: all that follow are older.
    if (placed === undefined || placed.record.timestampMs < sinceMs) return { deadLetters: found };
    const body = deadLetterBody(placed);
    if (reason === undefined || body.reason === reason) found.push(body);
  }
  const next = records.cursor;
  return { deadLetters: found, ...(next === undefined ? {} : { cursor: next }) };
}

/** @throws {@link Problem} 404, 503. */
export async function showDeadLetter(services: HttpServices, partition: number, offset: number) {
  const record = await recordAt(services, 'dlq', partition, offset);
  if (record === undefined) {
    const detail = `There is no dead letter at ${partition}/${offset}; \`millrace dlq list\` shows those that are kept`;
    throw new Problem(404, 'dead-letter-not-found', detail);
  }
  const body = deadLetterBody({ partition, record });
  const whole = await wholeRecord(services, body);
  return { ...body, record: whole ?? null, again: adviceFor(body) };
}

/** The record itself, where it lies in a topic of ours and is still kept. */
async function wholeRecord(services: HttpServices, { origin, preview }: DeadLetterBody) {
  // A topic of ours only if it is one: a name of a user's topic has no partitions here.
  const record = await recordAt(
    services,
    origin.topic as TopicName,
    origin.partition,
    origin.offset,
  );
  if (record === undefined) return undefined;
  // A user's topic may be named as one of ours: then another record lies there.
  if (preview !== '' && previewOf(record.value) !== preview) return undefined;
  const { key, value, headers, timestampMs } = record;
  return { key, value, headers, time: new Date(timestampMs).toISOString() };
}

async function recordAt(
  services: HttpServices,
  topic: TopicName,
  partition: number,
  offset: number,
): Promise<LogRecord | undefined> {
  const { log } = services.options;
  if (partition >= log.partitionCount(topic)) return undefined;
  return askLog(services, async (signal) => {
    const { start, end } = await log.bounds(topic, partition, signal);
    if (offset < start || offset >= end) return undefined;
    for await (const records of log.read(topic, partition, offset, offset + 1, signal)) {
      const record = records.find((each) => each.offset === offset);
      if (record !== undefined) return record;
    }
    return undefined;
  });
}

/** How what it was can be sent again, for people. */
function adviceFor({ reason, origin, lastOffset, namespace, flow, execution }: DeadLetterBody) {
  const start =
    namespace === undefined || flow === undefined
      ? 'produce it, corrected, to the topic `starts`'
      : `correct what the message says, then: millrace run ${namespace}/${flow} --input …`;
  if (lastOffset !== undefined) {
    return `The batch cannot be decoded, by nobody: whoever sent offsets ${origin.offset} to ${lastOffset} has to send them again.`;
  }
  if (reason === 'version-unknown') {
    return 'A newer version of Millrace has written it: upgrade all processes before they work together.';
  }
  if (execution !== undefined && reason === 'command-failed') {
    return `The execution has ended: millrace executions get ${execution}. To begin it again, ${start}`;
  }
  if (origin.topic === 'starts') return `To start it, ${start}`;
  if (origin.topic.startsWith('tasks.')) {
    return 'The task run is handed out again by itself; nothing has to be sent.';
  }
  if (origin.topic === 'commands' || origin.topic === 'dlq') {
    return 'No process of Millrace writes such records; find out who does. Nothing has to be sent.';
  }
  return `Correct the event, or the trigger of the flow, then let the event come again. A record of ${origin.topic}: \`millrace topics peek ${origin.topic} --partition ${origin.partition} --from ${origin.offset} --limit 1\` shows it, \`millrace events send --topic ${origin.topic} --value …\` sends another.`;
}
