import { type FunctionDefinition, parameters } from '../definition.ts';
import { isoText } from '../filters/dates.ts';
import { isReference } from '../../model/reference.ts';
import type { Runtime } from '../run/runtime.ts';
import type { ImpureFunctions } from '../scope.ts';
import { expectInteger, expectText } from '../values/expect.ts';

const now: FunctionDefinition = {
  name: 'now',
  parameters: [],
  summary:
    'The time of the record that led to this evaluation, as ISO 8601 in UTC: the same at each replay.',
  call(_given, run) {
    const time = run.scope.now;
    if (time === undefined) return run.fail('no-time', '`now()` has no meaning here');
    return isoText(time, run);
  },
};

const uuid: FunctionDefinition = {
  name: 'uuid',
  parameters: [],
  summary:
    'A UUID made from the task run, the property and the number of the call: attempts agree.',
  call(_given, run) {
    const hash = run.nextHash();
    // RFC 9562, version 4: the bits that are not random there are fixed here too.
    const variant = '89ab'.charAt(Number.parseInt(hash.charAt(16), 16) % 4);
    return [
      hash.slice(0, 8),
      hash.slice(8, 12),
      `4${hash.slice(13, 16)}`,
      `${variant}${hash.slice(17, 20)}`,
      hash.slice(20, 32),
    ].join('-');
  },
};

/** 52 bits of the next hash, as a fraction. */
function nextFraction(run: Runtime): number {
  return Number.parseInt(run.nextHash().slice(0, 13), 16) / 2 ** 52;
}

const random: FunctionDefinition = {
  name: 'random',
  parameters: [],
  summary: 'A number from 0 to below 1, made as `uuid()` is.',
  call: (_given, run) => nextFraction(run),
};

const randomInt: FunctionDefinition = {
  name: 'randomInt',
  parameters: parameters('from', 'to'),
  summary: 'A whole number from `from` to below `to`, made as `uuid()` is.',
  call(given, run) {
    const [from, to] = given.map((value, index) =>
      expectInteger(run.settle(value), index === 0 ? '`from`' : '`to`', run),
    );
    if (from === undefined || to === undefined || from >= to) {
      return run.fail('bad-argument', '`from` is less than `to`');
    }
    return from + Math.floor(nextFraction(run) * (to - from));
  },
};

const range: FunctionDefinition = {
  name: 'range',
  parameters: parameters('start', 'stop?', 'step?'),
  summary:
    'The whole numbers from `start` to before `stop`; with one argument from 0 to before it.',
  example: { template: '<< range(3) >>', gives: [0, 1, 2] },
  call(given, run) {
    const [first, second, third] = given.map((value) => run.settle(value));
    const start = second === undefined ? 0 : expectInteger(first, '`start`', run);
    const stop = expectInteger(second === undefined ? first : second, '`stop`', run);
    const step = third === undefined ? 1 : expectInteger(third, '`step`', run);
    if (step === 0) return run.fail('bad-argument', '`step` is not 0');
    const count = Math.max(0, Math.ceil((stop - start) / step));
    run.charge(count);
    return Array.from({ length: count }, (_, index) => start + index * step);
  },
};

/** What only a worker has, or an error that says so. */
function impureOf(name: string, run: Runtime): ImpureFunctions {
  const { impure } = run.scope;
  if (impure !== undefined) return impure;
  return run.fail('impure-in-executor', `\`${name}()\` is evaluated by a worker, and not here`);
}

const secret: FunctionDefinition = {
  name: 'secret',
  parameters: parameters('name'),
  summary: 'A secret by its name; only in properties of worker tasks and triggers.',
  impure: 'secret',
  call([name], run) {
    const impure = impureOf('secret', run);
    const key = expectText(run.settle(name), '`name`', run);
    return run.impurely(() => impure.secret(key));
  },
};

const env: FunctionDefinition = {
  name: 'env',
  parameters: parameters('name'),
  summary:
    'The variable `MILLRACE_ENV_<name>` of the worker’s environment; no value when it is not set.',
  impure: 'env',
  call([name], run) {
    const impure = impureOf('env', run);
    const key = expectText(run.settle(name), '`name`', run);
    return run.impurely(() => impure.env(key));
  },
};

const read: FunctionDefinition = {
  name: 'read',
  parameters: parameters('uri'),
  summary: 'The content of a file, or of a value that is kept as a reference.',
  impure: 'read',
  call([uri], run) {
    const impure = impureOf('read', run);
    if (impure.read === undefined) {
      return run.fail('impure-in-executor', '`read()` is not available here');
    }
    if (isReference(uri)) return run.dereference(uri);
    const key = expectText(uri, '`uri`', run);
    return run.impurely(() => impure.read?.(key));
  },
};

const render: FunctionDefinition = {
  name: 'render',
  parameters: parameters('template'),
  summary:
    'The one second pass: the text is read as a template and evaluated. Refused for data of `trigger`.',
  example: { template: "<< render('<< 1 + 1 >>') >>", gives: 2 },
  call([template], run) {
    return run.renderText(expectText(run.settle(template), '`template`', run), run);
  },
};

/** Every function by its name. */
export const functionDefinitions: ReadonlyMap<string, FunctionDefinition> = new Map(
  [env, now, random, randomInt, range, read, render, secret, uuid].map((definition) => [
    definition.name,
    definition,
  ]),
);
