/** What kinds of values configuration keys take: how each is written, checked, and read from text. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { parseDuration } from '../support/duration.ts';

export interface Kind<Value> {
  /** Checks a value as YAML or JSON has it and turns it into what the program uses. */
  readonly schema: z.ZodType<Value>;
  /** In words, with an example: what follows "must be". */
  readonly wanted: string;
  /** A value from the environment or the command line, as YAML would have it. */
  readonly fromText: (text: string) => unknown;
  /** Finds files that the value names; `folder` is where relative paths begin. */
  resolve?(value: Value, folder: string): Value;
}

const asIs = (text: string): unknown => text;

export const text: Kind<string> = {
  schema: z.string().min(1),
  wanted: 'text',
  fromText: asIs,
};

export function oneOf<const Value extends string>(...values: readonly Value[]): Kind<Value> {
  return { schema: z.enum(values), wanted: `one of ${values.join(', ')}`, fromText: asIs };
}

export const yesOrNo: Kind<boolean> = {
  schema: z.boolean(),
  wanted: 'true or false',
  fromText: (given) => (given === 'true' ? true : given === 'false' ? false : given),
};

export function whole(min: number, max: number): Kind<number> {
  return {
    schema: z.int().min(min).max(max),
    wanted: `a whole number from ${min} to ${max}`,
    fromText: numberFrom,
  };
}

export const port = whole(0, 65_535);

const DURATION_MS_MAX = 24 * 86_400_000;

/** Milliseconds. */
export const duration: Kind<number> = {
  schema: z.string().transform((given, context) => {
    const milliseconds = parseDuration(given);
    if (milliseconds !== undefined && milliseconds > 0 && milliseconds <= DURATION_MS_MAX) {
      return milliseconds;
    }
    context.addIssue('no duration');
    return z.NEVER;
  }),
  wanted: 'a duration of at most 24 days such as `30s`, `5m` or `1h30m`',
  fromText: asIs,
};

const BYTE_SIZE = /^(\d+(?:\.\d+)?) ?(B|KiB|MiB|GiB|KB|MB|GB)?$/;
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** Bytes. */
export const byteSize: Kind<number> = {
  schema: z.union([z.string(), z.number()]).transform((given, context) => {
    const [, amount, unit = 'B'] = BYTE_SIZE.exec(String(given)) ?? [];
    const bytes = Number(amount) * (BYTES[unit] ?? Number.NaN);
    if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
    context.addIssue('no size');
    return z.NEVER;
  }),
  wanted: 'a size such as `10MiB`, `64KB` or a number of bytes',
  fromText: asIs,
};

/** In the environment separated by commas. */
export const list: Kind<readonly string[]> = {
  schema: z.array(z.string().min(1)).readonly(),
  wanted: 'a list of texts',
  fromText: splitAtCommas,
};

export const path: Kind<string> = {
  ...text,
  wanted: 'a path',
  resolve: (given, folder) => resolve(folder, given),
};

export const paths: Kind<readonly string[]> = {
  ...list,
  wanted: 'a list of paths',
  resolve: (given, folder) => given.map((one) => resolve(folder, one)),
};

/** In the environment, as other programs have it, also separated by spaces. */
export const hosts: Kind<readonly string[]> = {
  ...list,
  fromText: (given) => splitAtCommas(given.replaceAll(/\s+/g, ',')),
};

/** Of a proxy; in the environment, as other programs have it, also without `http://`. */
export const proxyAddress: Kind<string> = {
  schema: z.string().refine((given) => /^https?:$/.test(URL.parse(given)?.protocol ?? '')),
  wanted: 'an address such as `http://proxy.example:3128`',
  fromText: (given) => (/^\w+:\/\//.test(given) ? given : `http://${given}`),
};

/** Certificates and keys: the PEM text itself, or the path of a file that holds it. */
export const pem: Kind<string> = {
  ...text,
  wanted: 'PEM text, or the path of a file that holds it',
  resolve: (given, folder) =>
    given.includes('-----BEGIN') ? given : readFileSync(resolve(folder, given), 'utf8'),
};

/** Any value; what it may be is somebody else's to say. Text is read as YAML: `8` is a number. */
export const anything: Kind<unknown> = {
  schema: z.json(),
  wanted: 'a value that JSON can say',
  fromText: yamlFrom,
};

export function splitAtCommas(given: string): readonly string[] {
  return given
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function numberFrom(given: string): unknown {
  const number = Number(given);
  return given.trim() === '' || Number.isNaN(number) ? given : number;
}

export function yamlFrom(given: string): unknown {
  try {
    return parseYaml(given);
  } catch {
    return given;
  }
}
