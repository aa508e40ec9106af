/** `name=value` pairs of a command line, as HTTPie has them. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseExactJson } from '../model/exact-json.ts';
import type { Json, JsonObject } from '../support/json.ts';
import { CommandEnd, exitCodes } from './exit.ts';

/** `inputs` are values; `texts` the server reads as the types that the flow declares. */
export interface Pairs {
  readonly inputs: JsonObject;
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * `k=text`, `k:=json`, `k=@file` (the file's text) and `k:=@file` (the file's JSON). A name given twice takes the
 * last value.
 *
 * @throws CommandEnd that names the pair.
 */
export async function readPairs(pairs: readonly string[], folder: string): Promise<Pairs> {
  const read = pairs.map(async (pair): Promise<readonly [string, Read]> => {
    const [, name, sign, value] = /^([^=:\s]+)(:=|=)([\s\S]*)$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) {
      throw usage(
        `${pair} is not name=value (text), name:=value (JSON), name=@file or name:=@file.`,
      );
    }
    const text = value.startsWith('@') ? await textOf(value.slice(1), folder) : value;
    return [name, sign === ':=' ? { value: jsonOf(text, pair) } : { text }];
  });
  const last = [...new Map(await Promise.all(read))];
  const inputs = last.flatMap(([name, given]): readonly (readonly [string, Json])[] =>
    'value' in given ? [[name, given.value]] : [],
  );
  const texts = last.flatMap(([name, given]): readonly (readonly [string, string])[] =>
    'text' in given ? [[name, given.text]] : [],
  );
  return { inputs: Object.fromEntries(inputs), texts: Object.fromEntries(texts) };
}

type Read = { readonly text: string } | { readonly value: Json };

/** Labels: text only. */
export function readLabels(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair): [string, string] => {
      const [, name, value] = /^([^=\s]+)=([\s\S]*)$/.exec(pair) ?? [];
      if (name === undefined || value === undefined) throw usage(`${pair} is not name=value.`);
      return [name, value];
    }),
  );
}

async function textOf(file: string, folder: string): Promise<string> {
  try {
    return await readFile(path.resolve(folder, file), 'utf8');
  } catch (error) {
    throw usage(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function jsonOf(text: string, pair: string): Json {
  try {
    return parseExactJson(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usage(`${pair}: what follows := is JSON; text is written with = (${reason}).`);
  }
}

function usage(message: string): CommandEnd {
  return new CommandEnd(exitCodes.usage, message);
}
