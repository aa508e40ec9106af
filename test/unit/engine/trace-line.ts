import type { JsonObject } from '../../../src/support/json.ts';

/** A command of a trace. */
export interface Line {
  readonly text: string;
  readonly name: string;
  readonly words: readonly string[];
  readonly json: JsonObject | undefined;
  readonly options: ReadonlyMap<string, string>;
  /** The indented lines below. */
  readonly body: string;
}

/** `fills`: texts that stand for `$name` in JSON; read when the command is performed. */
export function readLines(commands: string, fills: ReadonlyMap<string, string>): readonly Line[] {
  const lines: Line[] = [];
  const texts = commands.split('\n');
  for (let at = 0; at < texts.length; at++) {
    const text = texts[at] ?? '';
    if (text.trim() === '' || text.startsWith('#')) continue;
    const body: string[] = [];
    while (/^(?:\s|$)/.test(texts[at + 1] ?? 'x') && at + 1 < texts.length) {
      body.push(texts[++at] ?? '');
    }
    lines.push(lineOf(text, body.join('\n'), fills));
  }
  return lines;
}

function lineOf(text: string, body: string, fills: ReadonlyMap<string, string>): Line {
  const json = /(?:^|\s)(\{.*\})(?=\s|$)/.exec(text)?.[1];
  const [name = '', ...rest] = text
    .replace(json ?? '', '')
    .trim()
    .split(/\s+/);
  const isOption = (word: string): boolean => /^[a-z]+=/.test(word);
  const options = rest.filter(isOption).map((word): [string, string] => {
    const at = word.indexOf('=');
    return [word.slice(0, at), word.slice(at + 1).replaceAll('_', ' ')];
  });
  return {
    text,
    name,
    words: rest.filter((word) => !isOption(word)),
    get json() {
      return json === undefined ? undefined : parseJson(json, fills);
    },
    options: new Map(options),
    body,
  };
}

function parseJson(text: string, fills: ReadonlyMap<string, string>): JsonObject {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith('$')
      ? (fills.get(value.slice(1)) ?? value)
      : value,
  ) as JsonObject;
}
