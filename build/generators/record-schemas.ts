/**
 * schemas/records/*.json: JSON Schema 2020-12 of the value of every record, one file a topic, from the same
 * shapes that the codecs check by. `x-visibility` says who may rely on it; `x-key` and `x-headers` describe
 * the rest of the record.
 */
import { cancelShape } from '../../src/records/control.ts';
import { markerShape } from '../../src/records/checkpoints.ts';
import { commandShape } from '../../src/records/commands.ts';
import { startShape } from '../../src/records/common-shapes.ts';
import { decisionShape } from '../../src/records/decisions.ts';
import { dispatchShape } from '../../src/records/dispatches.ts';
import { deadLetterShape } from '../../src/records/dlq.ts';
import { openedShape, positionedShape } from '../../src/records/event-shapes.ts';
import { publicDataShape, publicRecordTypes } from '../../src/records/executions.ts';
import { flowShape } from '../../src/records/flows.ts';
import { heartbeatShape } from '../../src/records/heartbeats.ts';
import { logLineShape } from '../../src/records/logs.ts';
import { startSchema } from '../../src/records/start-schema.ts';
import { type TopicSpec, topicSpecs } from '../../src/records/topics.ts';
import { triggerRecordShape } from '../../src/records/triggers.ts';
import type { JsonObject } from '../../src/support/json.ts';
import { type GeneratedFile, replaceSection } from '../generated-file.ts';
import { withDefinitions } from '../schema-definitions.ts';

interface RecordSchema {
  /** The file's name, and the topic's. */
  readonly name: string;
  readonly visibility: 'public' | 'internal';
  readonly description: string;
  readonly key: string;
  readonly headers: JsonObject;
  readonly schema: JsonObject;
}

/** Headers as JSON Schema: all are text. */
function headers(required: JsonObject, optional: JsonObject = {}): JsonObject {
  const properties = { ...required, ...optional };
  return { type: 'object', properties, required: Object.keys(required) };
}

const version = { 'schema-version': { const: '1' } };
const traceparent = { type: 'string', description: 'W3C Trace Context.' };

const internal = { visibility: 'internal', headers: headers(version) } as const;

const schemas: readonly RecordSchema[] = [
  {
    name: 'starts',
    visibility: 'public',
    description:
      'What anybody may produce to start an execution: plain JSON, or a CloudEvent 1.0. In the binary mode ' +
      'of the Kafka protocol binding the attributes are headers `ce_*` and the value is the data alone.',
    key: 'any or none; it means nothing',
    headers: headers({}, { traceparent }),
    schema: startSchema,
  },
  {
    name: 'starts-internal',
    visibility: 'internal',
    description:
      'What our own senders produce to `starts`, told apart by the header `millrace-start`.',
    key: 'execution id, where the sender chose one',
    headers: headers({ ...version, 'millrace-start': { const: '1' } }),
    schema: startShape.schema,
  },
  {
    name: 'executions',
    visibility: 'public',
    description:
      'The data of the CloudEvents that tell of executions, in the binary mode of the Kafka protocol ' +
      'binding. A record may be repeated; repeats have the same `ce_id`.',
    key: 'execution id',
    headers: headers(
      {
        ...version,
        ce_specversion: { const: '1.0' },
        ce_id: { type: 'string', description: '`<execution id>/<seq>`, seq from 1 without a gap.' },
        ce_source: {
          type: 'string',
          format: 'uri-reference',
          description: '`/<namespace>/<flow>`',
        },
        ce_type: { enum: publicRecordTypes },
        ce_subject: { type: 'string', description: 'The execution id.' },
        ce_time: { type: 'string', format: 'date-time' },
        'content-type': { const: 'application/json' },
      },
      { traceparent, ce_traceparent: traceparent },
    ),
    schema: publicDataShape.schema,
  },
  {
    ...internal,
    name: 'commands',
    description:
      'What is asked of an entity: results and leases of workers, kills, forwarded starts.',
    key: 'entity id',
    schema: commandShape.schema,
  },
  {
    name: 'events',
    visibility: 'internal',
    description:
      'Everything that happened. The header `m` is "version,epoch,batch,index,nextStart,nextCommand,' +
      'confirmed", of `partition.opened` the version alone.',
    key: 'execution id, or `$partition`',
    headers: headers({ m: { type: 'string', pattern: '^1(,\\d+){5},(-1|\\d+)$|^1$' } }),
    schema: { anyOf: [positionedShape.schema, openedShape.schema] },
  },
  {
    name: 'checkpoints',
    visibility: 'internal',
    description:
      'State of live entities: pages, whose form is the engine’s, `$marker` (this schema) and ' +
      '`$opened/<epoch>`. The header `m` is "version,kind,epoch".',
    key: 'page key, `$marker` or `$opened/<epoch>`',
    headers: headers({ m: { type: 'string', pattern: '^1,(page|marker|opened),\\d+$' } }),
    schema: markerShape.schema,
  },
  {
    ...internal,
    name: 'tasks',
    description: 'Task runs handed to a worker group, on `tasks.<worker group>`.',
    key: 'task run id',
    schema: dispatchShape.schema,
  },
  {
    ...internal,
    name: 'control',
    description: 'Cancels of running work, on `control.<worker group>`.',
    key: 'task run id',
    schema: cancelShape.schema,
  },
  {
    ...internal,
    name: 'workers',
    description: 'Heartbeats of workers.',
    key: 'the worker’s incarnation',
    schema: heartbeatShape.schema,
  },
  {
    ...internal,
    name: 'flows',
    description: 'The source of every revision of every flow; a null source deletes the flow.',
    key: '<namespace>/<flow>',
    schema: flowShape.schema,
  },
  {
    ...internal,
    name: 'decisions',
    description: 'Why something did not start an execution.',
    key: '<namespace>/<flow>/<trigger or empty>',
    schema: decisionShape.schema,
  },
  {
    ...internal,
    name: 'triggers',
    description:
      'What triggers know and do: states of polls and clocks, positions of streams, who enabled or paused what, what each process says of its triggers. All records of a trigger lie in the partition of `<namespace>/<flow>/<trigger>`.',
    key: 'the kind, what it is about, and who writes it',
    schema: triggerRecordShape.schema,
  },
  {
    ...internal,
    name: 'logs',
    description: 'Lines of the logs of tasks.',
    key: 'execution id',
    schema: logLineShape.schema,
  },
  {
    ...internal,
    name: 'dlq',
    description: 'What could not be processed, with reason and origin.',
    key: '<topic>/<partition> of the origin',
    schema: deadLetterShape.schema,
  },
];

function fileOf({
  name,
  visibility,
  description,
  key,
  headers,
  schema,
}: RecordSchema): GeneratedFile {
  const whole = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: name,
    description,
    'x-visibility': visibility,
    'x-key': key,
    'x-headers': headers,
    ...withDefinitions(schema),
  };
  return {
    file: `schemas/records/${name}.json`,
    content: () => JSON.stringify(whole),
  };
}

const DAY_MS = 86_400_000;
/** `kafka.partitions` by default. */
const PARTITIONS = 12;

function retentionOf({ cleanup, retentionMs, retentionMsMin }: TopicSpec): string {
  if (cleanup === 'compact') return 'newest of each key';
  if (retentionMs === 'unlimited') return 'without end';
  const days = retentionMs / DAY_MS;
  const time = days < 1 ? `${days * 24} h` : `${days} d`;
  return retentionMsMin === undefined ? time : `${time}, at least`;
}

/** The topics of an installation with one worker group, for docs/records.md. */
function topicsTable(): string {
  const specs = topicSpecs({ partitions: PARTITIONS, workerGroups: ['default'] });
  const rows = specs.map((spec) => {
    const { topic, partitions, content } = spec;
    return `| \`${topic}\` | ${partitions} | ${retentionOf(spec)} | ${content} |`;
  });
  return ['| topic | partitions | kept | content |', '|---|---|---|---|', ...rows].join('\n');
}

const documentation: GeneratedFile = {
  file: 'docs/records.md',
  content: (current) => replaceSection(current, 'topics', topicsTable()),
};

export default [...schemas.map(fileOf), documentation];
