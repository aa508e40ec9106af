/** `name=value` pairs of a command line, as HTTPie has them. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Json, JsonObject } from '../support/json.ts';
import { CommandEnd, exitCodes } from './exit.ts';

/**
 * `k=text`, `k:=json`, `k=@file` (the file's text) and `k:=@file` (the file's JSON). A name given twice takes the
 * last value.
 *
 * @throws CommandEnd that names the pair.
 */
export async function readPairs(pairs: readonly string[], folder: string): Promise<JsonObject> {
  const read = pairs.map(async (pair): Promise<[string, Json]> => {
    const [, name, sign, value] = /^([^=:\s]+)(:=|=)([\s\S]*)$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) {
      throw usage(
        `${pair} is not name=value (text), name:=value (JSON), name=@file or name:=@file.`,
      );
    }
    const text = value.startsWith('@') ? await textOf(value.slice(1), folder) : value;
    return [name, sign === ':=' ? jsonOf(text, pair) : text];
  });
  return Object.fromEntries(await Promise.all(read));
}

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
    // JSON.parse gives nothing but Json.
    return JSON.parse(text) as Json;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usage(`${pair}: what follows := is JSON; text is written with = (${reason}).`);
  }
}

function usage(message: string): CommandEnd {
  return new CommandEnd(exitCodes.usage, message);
}
