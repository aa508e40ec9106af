import { contextRoots } from './context-roots.ts';
import { filterDefinitions } from './filters/registry.ts';
import { functionDefinitions } from './functions/registry.ts';
import { testDefinitions } from './tests/registry.ts';
import type { Vocabulary } from './vocabulary.ts';

const NOT_YET = 'not available yet';
const NOT_ESCAPED = 'leave it out: text is never escaped';

/** What people write who come from Jinja, nunjucks, Pebble, JavaScript or Python. */
const hints: readonly (readonly [string, string])[] = [
  ['root:None', 'write `null`'],
  ['root:nil', 'write `null`'],
  ['root:undefined', 'use `is defined` or `??`'],
  ['root:True', 'write `true`'],
  ['root:False', 'write `false`'],
  ['root:parent', 'the item around it is `item.parent`'],
  ['root:kv', 'the function `kv(…)` is not available yet'],
  ['root:envs', "use `env('NAME')`"],
  ['root:secrets', "use `secret('NAME')`"],
  ['function:kv', NOT_YET],
  ['function:http', 'use a `http.request` task'],
  ['function:fromJson', 'it is a filter: `text | fromJson`'],
  ['function:json', 'it is a filter: `value | json`'],
  ['function:len', 'use the filter `length`'],
  ['function:str', 'use the filter `string`'],
  ['function:cycler', 'use `loop.index0 % n` as the index of a list'],
  ['function:joiner', 'use the filter `join`'],
  ['function:namespace', '`set` in a loop changes a name that was set before it'],
  ['filter:jq', NOT_YET],
  ['filter:jsonata', NOT_YET],
  ['filter:d', 'use `default` or `??`'],
  ['filter:dump', 'use `json`'],
  ['filter:tojson', 'use `json`'],
  ['filter:toJson', 'use `json`'],
  ['filter:count', 'use `length`'],
  ['filter:items', 'use `entries`'],
  ['filter:distinct', 'use `unique`'],
  ['filter:chunk', 'use `batch`'],
  ['filter:number', 'use `int` or `float`'],
  ['filter:attr', 'write `value.key` or `value[key]`'],
  ['filter:format', 'use `~` to join, `numberFormat` or `date`'],
  ['filter:escape', NOT_ESCAPED],
  ['filter:e', NOT_ESCAPED],
  ['filter:safe', NOT_ESCAPED],
  ['filter:md5', 'use `sha256`'],
  ['filter:substring', 'use `slice`'],
  ['test:sequence', 'use `list`'],
  ['test:mapping', 'use `map`'],
  ['test:text', 'use `string`'],
];

/** The names of native flows. */
export const nativeVocabulary: Vocabulary = {
  roots: new Set(contextRoots),
  filters: filterDefinitions,
  functions: functionDefinitions,
  tests: testDefinitions,
  hints: new Map(hints),
};
