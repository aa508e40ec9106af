import { type FilterDefinition, parameters, type TestDefinition } from '../definition.ts';
import type { Runtime } from '../run/runtime.ts';
import { nearest } from '../../support/nearest.ts';
import { testDefinitions } from '../tests/registry.ts';
import { expectList, expectText } from '../values/expect.ts';
import { attributeReader } from './attribute.ts';

type Choice = (value: unknown) => boolean;

/** Without a test: what is there and is neither null nor false. */
function choiceOf(test: unknown, argument: unknown, run: Runtime): Choice {
  if (test === undefined)
    return (value) => value !== undefined && value !== null && value !== false;
  const name = expectText(test, '`test`', run);
  const definition = testDefinitions.get(name) ?? unknownTest(name, run);
  return (value) => {
    if (value === undefined && definition.lenient !== true) return false;
    return definition.holds(run.settle(value), [argument], run);
  };
}

function unknownTest(name: string, run: Runtime): TestDefinition {
  const close = nearest(name, testDefinitions.keys());
  const hint = close === undefined ? '' : `; did you mean \`${close}\`?`;
  return run.fail('bad-argument', `there is no test \`${name}\`${hint}`);
}

function chooser(
  name: string,
  keep: boolean,
  summary: string,
  example: FilterDefinition['example'],
  byAttribute: boolean,
): FilterDefinition {
  return {
    name,
    parameters: byAttribute
      ? parameters('attribute', 'test?', 'argument?')
      : parameters('test?', 'argument?'),
    summary,
    example,
    apply(input, given, run) {
      const [attribute, test, argument] = byAttribute ? given : [undefined, ...given];
      const list = expectList(input, `the input of \`${name}\``, run);
      const read = attributeReader(attribute, run);
      const chosen = choiceOf(test, argument, run);
      return list.filter((element) => chosen(read(element)) === keep);
    },
  };
}

export const choosingFilters: readonly FilterDefinition[] = [
  chooser(
    'select',
    true,
    "The elements for which the test holds: `select('gt', 5)`.",
    { template: "<< [1, 6, 9] | select('gt', 5) >>", gives: [6, 9] },
    false,
  ),
  chooser(
    'reject',
    false,
    'The elements for which the test does not hold.',
    { template: "<< ['a', null] | reject('null') >>", gives: ['a'] },
    false,
  ),
  chooser(
    'selectattr',
    true,
    'The elements whose `attribute` passes the test; without one: is there, and neither null nor false.',
    {
      template: "<< [{n: 1}, {n: 2}] | selectattr('n', 'eq', 2) >>",
      gives: [{ n: 2 }],
    },
    true,
  ),
  chooser(
    'rejectattr',
    false,
    'The elements whose `attribute` does not pass the test.',
    {
      template: "<< [{n: 1}, {n: 2}] | rejectattr('n', 'eq', 2) >>",
      gives: [{ n: 1 }],
    },
    true,
  ),
];
