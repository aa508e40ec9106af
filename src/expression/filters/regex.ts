import { type FilterDefinition, parameters } from '../definition.ts';
import { countOr, expectText, expectTextual } from '../values/expect.ts';
import { checkPattern, extractPattern, matchesPattern, replacePattern } from '../values/regex.ts';

const matches: FilterDefinition = {
  name: 'matches',
  parameters: parameters('pattern'),
  summary: 'True when the pattern is found in the text; `^` and `$` hold it to the ends.',
  example: { template: String.raw`<< 'v1.2' | matches('^v\d+') >>`, gives: true },
  check: ([pattern]) => checkPattern(pattern),
  apply(input, [pattern], run) {
    const text = expectTextual(input, 'the input of `matches`', run);
    return matchesPattern(text, expectText(pattern, '`pattern`', run), false, run);
  },
};

const regexReplace: FilterDefinition = {
  name: 'regexReplace',
  parameters: parameters('pattern', 'replacement'),
  summary: 'Each match of the pattern replaced; `$1` is a group of it, `$$` a dollar.',
  example: {
    template: String.raw`<< 'a1b22' | regexReplace('(\d+)', '<$1>') >>`,
    gives: 'a<1>b<22>',
  },
  check: ([pattern]) => checkPattern(pattern),
  apply(input, [pattern, replacement], run) {
    const text = expectTextual(input, 'the input of `regexReplace`', run);
    const fresh = expectText(replacement, '`replacement`', run);
    return replacePattern(text, expectText(pattern, '`pattern`', run), fresh, run);
  },
};

const regexExtract: FilterDefinition = {
  name: 'regexExtract',
  parameters: parameters('pattern', 'group?'),
  summary: 'The first match of the pattern, or its `group`; no value when there is none.',
  example: {
    template: String.raw`<< 'refs/heads/main' | regexExtract('heads/(.+)', 1) >>`,
    gives: 'main',
  },
  check: ([pattern]) => checkPattern(pattern),
  apply(input, [pattern, group], run) {
    const text = expectTextual(input, 'the input of `regexExtract`', run);
    const number = countOr(group, 0, '`group`', run);
    return extractPattern(text, expectText(pattern, '`pattern`', run), number, run);
  },
};

export const regexFilters: readonly FilterDefinition[] = [matches, regexExtract, regexReplace];
