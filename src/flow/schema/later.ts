/**
 * What the language will have and this version has not: each is refused as unknown, with the hint that it is
 * the version and not the spelling. A name leaves these lists with the release that brings it.
 */
export const laterProperties: Readonly<Record<'flow' | 'task' | 'trigger', ReadonlySet<string>>> = {
  flow: new Set([
    'afterExecution',
    'concurrency',
    'rateLimit',
    'retry',
    'sla',
    'checks',
    'taskDefaults',
    'tests',
    'dialect',
  ]),
  task: new Set(['rateLimit', 'cache', 'logLevel', 'compensate']),
  trigger: new Set(['debounce', 'batch', 'stopAfter']),
};

export const laterInputTypes: ReadonlySet<string> = new Set([
  'file',
  'yaml',
  'uri',
  'email',
  'secret',
  'select',
  'multiselect',
]);

const laterTypeNames: ReadonlySet<string> = new Set([
  'dag',
  'loop-until',
  'allow-failure',
  'pause',
  'wait.event',
  'subflow',
  'foreach.subflow',
  'http.download',
  'sql.query',
  'nats.publish',
  'mqtt.publish',
  'amqp.publish',
  'sqs.send',
  'pubsub.publish',
  'email.send',
  'jq',
  'jsonata',
  'worker',
  'working-directory',
]);

const laterFamilies = ['kafka.', 'script.', 's3.', 'redis.', 'kv.'] as const;

/** In whatever case: Kestra's names begin with a large letter. */
export function isLaterType(written: string): boolean {
  const type = written.toLowerCase();
  return laterTypeNames.has(type) || laterFamilies.some((family) => type.startsWith(family));
}

export const notInThisVersion = 'It is part of the language, but not available in this version.';
