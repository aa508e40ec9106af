import { HOOK, LOG, type Row } from './diagnostic-row.ts';
import { withTasks } from './reading.ts';

const task = (id: string, message = 'x'): string => `{ id: ${id}, type: log, message: ${message} }`;
const loop = (tasks: string, more = ''): string =>
  `- id: lines\n  type: foreach\n  values: [1, 2]\n  tasks:\n    - ${tasks}\n${more}`;

/** What is wrong with the order of tasks, in blocks and behind them, and with what blocks give to expressions. */
export const orderRows: readonly Row[] = [
  {
    code: 'output-not-yet',
    title: 'of a task at the same time',
    text: withTasks(
      `- id: ship\n  type: parallel\n  tasks:\n    - ${task('b')}\n    - ${task('c', '<< tasks.b.state >>')}`,
    ),
    marks: 'tasks.b.state',
    says: 'runs at the same time',
    hint: 'behind `ship`',
  },
  {
    code: 'output-not-yet',
    title: 'of a task in another branch at the same time',
    text: withTasks(
      `- id: ship\n  type: parallel\n  tasks:\n    - { id: s, type: sequence, tasks: [ ${task('b')} ] }\n    - { id: t, type: sequence, tasks: [ ${task('c', '<< outputs.b >>')} ] }`,
    ),
    marks: 'outputs.b',
    says: 'runs at the same time',
  },
  {
    code: 'output-not-yet',
    title: 'of the other branch of an `if`',
    text: withTasks(
      `- id: check\n  type: if\n  condition: << globals.x >>\n  then: [ ${task('b')} ]\n  else: [ ${task('c', '<< outputs.b >>')} ]`,
    ),
    marks: 'outputs.b',
    says: 'in another branch',
    hint: 'Behind `check`',
  },
  {
    code: 'output-not-yet',
    title: 'of another case',
    text: withTasks(
      `- id: choose\n  type: switch\n  value: << globals.x >>\n  cases:\n    one: [ ${task('b')} ]\n    two: [ ${task('c', '<< outputs.b ?? 1 >>')} ]`,
    ),
    marks: 'outputs.b',
    says: 'in another branch',
  },
  {
    code: 'output-not-yet',
    title: 'of a task inside of the block whose property it is',
    text: withTasks(
      `- id: lines\n  type: foreach\n  values: << outputs.b >>\n  tasks: [ ${task('b')} ]`,
    ),
    marks: 'outputs.b',
  },
  {
    code: 'output-not-yet',
    title: 'of `finally` in `errors`',
    text: `${withTasks(LOG)}errors: [ ${task('b', '<< outputs.c >>')} ]\nfinally: [ ${task('c')} ]\n`,
    marks: 'outputs.c',
  },
  {
    code: 'output-not-yet',
    title: 'of `errors` in the tasks before them',
    text: withTasks(
      `- id: s\n  type: sequence\n  tasks: [ ${task('b', '<< outputs.c >>')} ]\n  errors: [ ${task('c')} ]`,
    ),
    marks: 'outputs.c',
  },
  {
    code: 'output-not-yet',
    title: 'of `errors` behind a block that does not allow its failure',
    text: withTasks(
      `- id: s\n  type: sequence\n  tasks: [ ${task('b')} ]\n  errors: [ ${task('c')} ]\n- ${task('d', '<< outputs.c >>')}`,
    ),
    marks: 'outputs.c',
    says: 'runs when `s` fails',
    hint: 'allowFailure: true',
  },
  {
    code: 'output-of-iteration',
    title: 'behind the loop',
    text: withTasks(`${loop(task('b'))}- ${task('c', '<< outputs.b >>')}`),
    marks: 'outputs.b',
    says: 'runs once for each item of `lines`',
    hint: '`outputs.lines.items`',
  },
  {
    code: 'output-of-iteration',
    title: 'in `errors` of the loop itself',
    text: withTasks(loop(task('b'), `  errors: [ ${task('c', '<< tasks.b.error >>')} ]`)),
    marks: 'tasks.b.error',
  },
  {
    code: 'output-of-iteration',
    title: 'of an inner loop, at the end of an iteration of the outer one',
    text: withTasks(
      `- id: outer\n  type: foreach\n  values: [1]\n  tasks:\n    - id: inner\n      type: foreach\n      values: [2]\n      tasks: [ ${task('b')} ]\n  outputs: [ { id: x, value: << outputs.b >> } ]`,
    ),
    says: 'each item of `inner`, and output `x` of task `outer` is outside',
  },
  {
    code: 'output-of-iteration',
    title: 'in an output of the flow',
    text: withTasks(loop(task('b')), 'outputs: [ { id: o, value: << outputs.b >> } ]\n'),
    marks: 'outputs.b',
  },
  {
    code: 'reference-unknown',
    title: 'a task that an output of a loop names',
    text: withTasks(
      loop(task('charge'), '  outputs: [ { id: x, value: << outputs.chrge.value >> } ]'),
    ),
    marks: 'outputs.chrge.value',
    hint: 'Did you mean `charge`?',
  },
  {
    code: 'reference-unknown',
    title: 'an output of a loop that it has not',
    text: withTasks(`${loop(task('b'))}- ${task('c', '<< outputs.lines.item >>')}`),
    hint: 'Did you mean `items`?',
  },
  {
    code: 'reference-unknown',
    title: 'a field of `item`',
    text: withTasks(loop(task('b', '<< item.vlue >>'))),
    marks: 'item.vlue',
    hint: 'Did you mean `value`?',
  },
  {
    code: 'reference-unknown',
    title: 'a field of `error`',
    text: `${withTasks(LOG)}errors: [ ${task('b', '<< error.mesage >>')} ]\n`,
    marks: 'error.mesage',
    hint: 'Did you mean `message`?',
  },
  {
    code: 'reference-unavailable',
    title: '`item.parent` in a loop that is in no other',
    text: withTasks(loop(task('b', '<< item.parent.value >>'))),
    marks: 'item.parent.value',
    hint: 'Only one loop is around it.',
  },
  {
    code: 'reference-unavailable',
    title: '`item` in `errors` of the loop itself',
    text: withTasks(loop(task('b'), `  errors: [ ${task('c', '<< item.value >>')} ]`)),
    marks: 'item.value',
    hint: '`foreach`',
  },
  {
    code: 'reference-unavailable',
    title: '`item` in the values of its loop',
    text: withTasks(`- id: l\n  type: foreach\n  values: << parents >>\n  tasks: [ ${task('b')} ]`),
    marks: 'parents',
  },
  {
    code: 'reference-unavailable',
    title: '`error` in the tasks',
    text: withTasks(`- ${task('b', '<< error.message >>')}`),
    marks: 'error.message',
    hint: '`errors` and `finally`',
  },
  {
    code: 'reference-unavailable',
    title: 'what has run, in the timeout of the flow',
    text: `${withTasks(LOG)}timeout: << outputs.a >>\n`,
    marks: 'outputs.a',
    says: '`timeout`',
  },
  {
    code: 'impure-not-allowed',
    title: 'a secret in the values of a loop',
    text: withTasks(
      `- id: l\n  type: foreach\n  values: << secret('X') >>\n  tasks: [ ${task('b')} ]`,
    ),
    says: '`values` of task `l`',
  },
  {
    code: 'impure-not-allowed',
    title: 'the environment in a timeout',
    text: withTasks(`- { id: a, type: log, message: x, timeout: << env('T') >> }`),
    hint: 'in a task first',
  },
  {
    code: 'trigger-field-not-always-present',
    title: 'a field that one of two triggers lacks',
    text: withTasks(
      `- ${task('b', '<< trigger.body >>')}`,
      `${HOOK}  - { id: other, type: kafka.realtime, topic: orders }\n`,
    ),
    marks: 'trigger.body',
    says: 'when `other` starts the flow',
    hint: 'Map it to an input',
  },
  {
    code: 'trigger-field-not-always-present',
    title: 'a field of another trigger, in the inputs that a trigger gives',
    text: withTasks(
      LOG,
      `inputs: [ { id: x, type: json } ]\n${HOOK}    inputs: { x: << trigger.body >> }\n  - { id: other, type: kafka.realtime, topic: orders, inputs: { x: << trigger.body >> } }\n`,
    ),
    at: '8:71',
    says: 'when `other` starts the flow',
    hint: 'It has: key, value',
  },
];
