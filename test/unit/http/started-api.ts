/**
 * A whole Millrace in memory, asked over real sockets. Every answer of the API is held against the OpenAPI
 * document that the process serves: a test of a route is a test of its description.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as ajvFormats from 'ajv-formats';
import { expect, onTestFinished } from 'vitest';
import { withFaults, type FaultyLog } from '../../../src/adapters/faults/faulty-log.ts';
import { EnvSecrets } from '../../../src/adapters/system/env-secrets.ts';
import { openApiDocument } from '../../../src/http/openapi.ts';
import type { Decision } from '../../../src/model/records.ts';
import type { TopicName } from '../../../src/model/log-records.ts';
import type { Log, LogRecord } from '../../../src/ports/log.ts';
import { decodeDecision } from '../../../src/records/decisions.ts';
import { isJsonObject, type JsonObject } from '../../../src/support/json.ts';
import { FastClock } from './fast-clock.ts';
import { type ShellsOptions, startShells, type WiredShells } from '../../support/shells.ts';

export const SECRET = 's3cret';

/** What the suites start. */
const flows = {
  quick: `
id: quick
namespace: demo
labels: { team: a }
inputs: [{ id: count, type: int, defaults: 1 }]
triggers:
  - { id: open, type: webhook, inputs: { count: << trigger.body.count ?? 1 >> }, labels: { via: hook } }
  - { id: waiting, type: webhook, wait: 10s }
  - { id: once, type: webhook, idempotencyKey: << trigger.parameters.key >> }
  - { id: off, type: webhook, disabled: true }
  - { id: put_only, type: webhook, methods: [PUT, PATCH] }
  - { id: picky, type: webhook, when: << trigger.body.ok >> }
  - { id: signed, type: webhook, verify: { preset: github, secret: << secret('HOOK') >> } }
  - { id: no_secret, type: webhook, verify: { preset: github, secret: << secret('NOT_SET') >> } }
  - { id: empty_secret, type: webhook, verify: { preset: github, secret: << secret('EMPTY') >> } }
tasks:
  - { id: said, type: log, message: 'count << inputs.count >>' }
  - { id: kept, type: output, values: { count: << inputs.count >> } }
outputs: [{ id: count, type: int, value: << outputs.kept.count >> }]
`,
  echo: `
id: echo
namespace: demo
inputs: [{ id: any, type: json, required: false }]
triggers:
  - id: hook
    type: webhook
    wait: 10s
    inputs:
      any:
        method: << trigger.method >>
        path: << trigger.path >>
        body: << trigger.body >>
        rawBody: << trigger.rawBody >>
        headers: << trigger.headers >>
        parameters: << trigger.parameters >>
tasks: [{ id: kept, type: output, values: { any: << inputs.any >> } }]
outputs: [{ id: any, type: json, value: << outputs.kept.any >> }]
`,
  sleeper: `
id: sleeper
namespace: demo
tasks: [{ id: nap, type: sleep, duration: 1h }]
`,
  failing: `
id: failing
namespace: demo
tasks: [{ id: no, type: fail, message: 'no <b>luck</b>', code: out-of-luck }]
`,
  loops: `
id: loops
namespace: demo
tasks:
  - id: outer
    type: foreach
    values: [[1], [2, 3]]
    tasks:
      - id: inner
        type: foreach
        values: << item.value >>
        tasks:
          - id: choice
            type: if
            condition: << item.value > 2 >>
            then: [{ id: large, type: log, message: << item.value >> }]
finally: [{ id: done, type: log, message: done }]
outputs: [{ id: count, type: int, value: << outputs.outer.count >> }]
`,
  resting: `
id: resting
namespace: demo
disabled: true
tasks: [{ id: said, type: log, message: hello }]
`,
};

export const flowFiles = Object.entries(flows).map(([id, text]) => ({ file: `${id}.yaml`, text }));

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** Empty when the answer is no JSON object. */
  readonly body: JsonObject;
}

export interface Call {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is text or bytes. */
  readonly body?: unknown;
}

/** The execution that an answer names. */
export function executionIn({ body }: Answer): string {
  const id = body['executionId'];
  if (typeof id === 'string') return id;
  throw new Error(`no execution in ${JSON.stringify(body)}`);
}

export interface StartedApi extends WiredShells {
  /** The path goes out as it is written. */
  call(method: string, path: string, call?: Call): Promise<Answer>;
  start(flow: string, body?: JsonObject, headers?: Call['headers']): Promise<Answer>;
  /** The id of an execution that this starts. */
  startedId(flow: string, body?: JsonObject): Promise<string>;
  /** What is in the topic now, in the order of its partitions. */
  records(topic: TopicName): Promise<readonly LogRecord[]>;
  decisions(): Promise<readonly Decision[]>;
}

/** Ends with the test, or with the file where `close` is called there. */
export async function startApi(options: ShellsOptions = {}): Promise<StartedApi> {
  const wired = await startShells({
    flows: flowFiles,
    ...options,
    ports: (memory) => ({
      secrets: new EnvSecrets({ MILLRACE_SECRET_HOOK: SECRET, MILLRACE_SECRET_EMPTY: '' }),
      ...options.ports?.(memory),
    }),
  });
  return apiOf(wired);
}

export async function startApiForTest(options: ShellsOptions = {}): Promise<StartedApi> {
  const api = await startApi(options);
  onTestFinished(() => api.close());
  return api;
}

export interface SplitApi {
  /** Alone in its process: its waits are a twentieth as long, and what reaches the log from it may be held up. */
  readonly api: StartedApi;
  readonly log: FaultyLog;
  /** The process of the executors, whose log has no faults; nobody takes a start before. */
  startExecutor(decorate?: (log: Log) => Log): Promise<StartedApi>;
}

export async function startSplitApi(options: ShellsOptions = {}): Promise<SplitApi> {
  let log: FaultyLog | undefined;
  let inner: Log | undefined;
  const api = await startApiForTest({
    roles: ['api'],
    ...options,
    ports(memory) {
      const clock = new FastClock(memory.clock, 20);
      log = withFaults(memory.log, { plan: {}, random: memory.random, clock });
      inner = memory.log;
      return { clock, log, ...options.ports?.(memory) };
    },
  });
  const { log: shared, inner: whole } = { log, inner };
  if (shared === undefined || whole === undefined) throw new Error('the ports were not asked for');
  const { membership, blobs } = api.ports;
  return {
    api,
    log: shared,
    startExecutor: (decorate = (undecorated) => undecorated) =>
      startApiForTest({ flows: [], ports: () => ({ log: decorate(whole), membership, blobs }) }),
  };
}

function apiOf(wired: WiredShells): StartedApi {
  const { url, ports } = wired;
  const call: StartedApi['call'] = async (method, path, options = {}) => {
    const answer = await send(url, method, path, options);
    if (path.startsWith('/api/v1/')) expectDescribed(method, path, answer);
    return answer;
  };
  const start: StartedApi['start'] = (flow, body = {}, headers = {}) =>
    call('POST', `/api/v1/executions/demo/${flow}`, { body, headers });
  const records = (topic: TopicName): Promise<readonly LogRecord[]> => recordsOf(ports.log, topic);
  return {
    ...wired,
    call,
    start,
    records,
    async startedId(flow, body) {
      const answer = await start(flow, body);
      expect(answer.status).toBe(202);
      return executionIn(answer);
    },
    async decisions() {
      const decoded = (await records('decisions')).map((record) => decodeDecision(record));
      return decoded.flatMap((each) => (each.ok ? [each.value] : []));
    },
  };
}

export async function recordsOf(log: Log, topic: TopicName): Promise<readonly LogRecord[]> {
  const found: LogRecord[] = [];
  for (let partition = 0; partition < log.partitionCount(topic); partition += 1) {
    const { start, end } = await log.bounds(topic, partition);
    if (start === end) continue;
    for await (const some of log.read(topic, partition, start, end)) found.push(...some);
  }
  return found;
}

/** A connection of its own for each request: none is left open. */
const agent = new Agent({ keepAlive: false });

function send(url: string, method: string, path: string, { headers, body }: Call): Promise<Answer> {
  const bytes = bytesOf(body);
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request(
      { hostname, port, agent, method, path, headers: { ...headers } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text,
            body: objectOf(text),
          });
        });
      },
    );
    sent.once('error', reject);
    sent.end(bytes);
  });
}

function bytesOf(body: unknown): string | Uint8Array | undefined {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return body;
  return JSON.stringify(body);
}

function objectOf(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, object>> }>
  >;
}

// Our own document, in the form of OpenAPI 3.1.
const document = openApiDocument('0.0.0') as Document;
const ajv = new Ajv2020({ strict: false });
ajvFormats.default.default(ajv);
ajv.addSchema(document, 'api');

/** Refusals that any route may give, and that say the same everywhere. */
const EVERYWHERE = new Set([403, 500]);

function expectDescribed(method: string, path: string, { status, headers, body }: Answer): void {
  const mediaType = (headers['content-type'] ?? '').split(';', 1)[0] ?? '';
  if (mediaType === 'application/problem+json') {
    const validate = ajv.getSchema('api#/components/schemas/Problem');
    expect(validate?.(body), JSON.stringify(body)).toBe(true);
  }
  const template = templateOf(method, path);
  if (template === undefined || EVERYWHERE.has(status)) return;
  const operation = document.paths[template]?.[method.toLowerCase()];
  const content = operation?.responses[status]?.content;
  const where = `${method} ${template} ${status} ${mediaType}`;
  expect(Object.keys(content ?? {}), where).toContain(mediaType);
  if (mediaType !== 'application/json') return;
  const pointer = [
    'paths',
    template,
    method.toLowerCase(),
    'responses',
    String(status),
    'content',
    mediaType,
  ]
    .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const validate = ajv.compile({ $ref: `api#/${pointer}/schema` });
  expect(validate(body), `${where} ${JSON.stringify(validate.errors)}`).toBe(true);
}

function templateOf(method: string, path: string): string | undefined {
  const [plain = ''] = path.split('?', 1);
  const matching = Object.entries(document.paths).filter(([template, operations]) => {
    const pattern = template
      .replace('/executions/{id}', '/executions/ID')
      .replaceAll(/\{\w+\}/g, '[^/]+')
      .replace('/ID', '/[0-9a-z]{26}');
    const rest = template.includes('/webhooks/') ? '(?:/.*)?' : '';
    return method.toLowerCase() in operations && new RegExp(`^${pattern}${rest}$`).test(plain);
  });
  // The one with the fewest parameters is the more exact.
  const parameters = (template: string): number => template.split('{').length;
  return matching.map(([template]) => template).sort((a, b) => parameters(a) - parameters(b))[0];
}
