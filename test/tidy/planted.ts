/**
 * Small trees with planted violations, and where each rule must find them. They are text and not files,
 * so that no compiler, linter or formatter of ours takes them for sources.
 */
import type { PRODUCT_RULES } from './rules.ts';

export interface Planted {
  readonly rule: keyof typeof PRODUCT_RULES;
  /** What is planted, and what is there to show that its permitted twin is not found. */
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** `file:line` of every violation, in the order of the files. */
  readonly found: readonly string[];
}

const lines = (count: number) => '// filler\n'.repeat(count);
const body = (count: number) => `{\n${'  work();\n'.repeat(count - 2)}}\n`;

const layers: Planted[] = [
  {
    rule: 'layers import only what they may',
    name: 'an arrow the wrong way: the engine imports a shell',
    files: {
      'src/engine/step.ts':
        "import { decide } from './decide.ts';\nimport { shell } from '../executor/shell.ts';\n",
      'src/engine/decide.ts':
        "import { id } from '../model/ids.ts';\nimport { never } from '../support/never.ts';\n",
      'src/executor/shell.ts': "import { step } from '../engine/step.ts';\n",
    },
    found: ['src/engine/step.ts:2'],
  },
  {
    rule: 'layers import only what they may',
    name: 'wrong arrows in every form of an import',
    files: {
      'src/model/a.ts': "import type { Log } from '../ports/log.ts';\n",
      'src/model/b.ts': "export * from '../records/codec.ts';\n",
      'src/model/c.ts': "export type Late = import('../flow/read.ts').Flow;\n",
      'src/model/d.ts': "export const late = () => import('../flow/read.ts');\n",
      'src/model/e.ts': "new URL('../worker/thread.js', import.meta.url);\n",
      'src/support/f.ts': "import '../model/a.ts';\n",
    },
    found: ['a', 'b', 'c', 'd', 'e']
      .map((name) => `src/model/${name}.ts:1`)
      .concat('src/support/f.ts:1'),
  },
  {
    rule: 'layers import only what they may',
    name: 'shells and adapters that know each other, and part of a layer',
    files: {
      'src/worker/pool.ts': "import '../executor/shell.ts';\nimport '../ports/log.ts';\n",
      'src/adapters/kafka/log.ts':
        "import '../sqlite/log.ts';\nimport './wire/fetch.ts';\nimport '../clock.ts';\n",
      'src/http/routes.ts': "import '../engine/step.ts';\nimport '../engine/operations.ts';\n",
      'src/cli/run.ts': "import '../main.ts';\nimport '../engine/step.ts';\n",
      'src/compose/wire.ts': "import '../worker/pool.ts';\nimport '../adapters/kafka/log.ts';\n",
      'src/main.ts': "import './adapters/kafka/log.ts';\nimport './worker/pool.ts';\n",
      'src/unheard/of.ts': "import '../model/ids.ts';\nimport '../model/ids.ts';\n",
    },
    found: [
      'src/adapters/kafka/log.ts:1',
      'src/cli/run.ts:2',
      'src/compose/wire.ts:2',
      'src/http/routes.ts:1',
      'src/unheard/of.ts:1',
      'src/worker/pool.ts:1',
    ],
  },
  {
    rule: 'layers import only what they may',
    name: 'a plugin that reaches into the sources or into another plugin',
    files: {
      'plugins/http/index.ts':
        "import '../../src/plugin/index.ts';\nimport './request.ts';\nimport 'undici';\nimport '../../src/model/ids.ts';\n",
      'plugins/http/request.ts': "import '../webhook/verify.ts';\n",
      'plugins/http/http.test.ts': "import '../../src/model/ids.ts';\n",
      'src/plugin/loader.ts': "import '../../plugins/http/index.ts';\n",
    },
    found: ['plugins/http/index.ts:4', 'plugins/http/request.ts:1', 'src/plugin/loader.ts:1'],
  },
];

const purity: Planted[] = [
  {
    rule: 'pure layers and shells keep away from forbidden names',
    name: 'clock, chance, timers and the outside in a pure layer',
    files: {
      'src/engine/step.ts': [
        "import { readFileSync } from 'node:fs';",
        'const now = Date.now();',
        'const date = new Date();',
        'const text = Date();',
        'const chance = Math.random();',
        'setTimeout(() => undefined, 1);',
        'const where = process.cwd();',
        'const answer = fetch(text);',
        'const id = crypto.randomUUID();',
        'const later = Promise.resolve(id);',
        'const shorthand = { process };',
        '',
      ].join('\n'),
    },
    found: Array.from({ length: 11 }, (_, index) => `src/engine/step.ts:${index + 1}`),
  },
  {
    rule: 'pure layers and shells keep away from forbidden names',
    name: 'async and await in a pure layer',
    files: {
      'src/flow/a.ts': 'export async function read() {}\n',
      'src/flow/b.ts': 'export const read = async () => undefined;\n',
      'src/flow/c.ts': 'await read();\n',
      'src/flow/d.ts': 'for await (const line of lines) use(line);\n',
    },
    found: ['src/flow/a.ts:1', 'src/flow/b.ts:1', 'src/flow/c.ts:1', 'src/flow/d.ts:1'],
  },
  {
    rule: 'pure layers and shells keep away from forbidden names',
    name: 'the same names as members, keys, types and text, which are fine',
    files: {
      'src/engine/step.ts': [
        'draft.process(task); ports.fetch(url); clock.setTimeout(1);',
        "const keys = { process: 1, 'Date.now': 2, fetch() {} };",
        'interface Port { setTimeout(ms: number): void; process: string }',
        'type Later = Promise<void>;',
        'const date = new Date(timeMs); // Date.now() is not used',
        '',
      ].join('\n'),
      'src/support/queue.ts': 'export async function take() { return Promise.resolve(1); }\n',
      'src/support/digest.ts': "import { createHash } from 'node:crypto';\n",
      'src/adapters/system-clock.ts': 'export const now = () => Date.now();\n',
    },
    found: [],
  },
  {
    rule: 'pure layers and shells keep away from forbidden names',
    name: 'a shell with its own clock',
    files: {
      'src/executor/shell.ts': [
        "import { setTimeout } from 'node:timers/promises';",
        "import { Worker } from 'node:worker_threads';",
        'const now = Date.now();',
        'const chance = Math.random();',
        'await new Promise((resolve) => setImmediate(resolve));',
        '',
      ].join('\n'),
      'src/support/digest-more.ts': "import { createHash } from 'node:crypto';\n",
      'src/support/wait.ts': 'setTimeout(() => undefined, 1);\n',
    },
    found: [
      'src/executor/shell.ts:1',
      'src/executor/shell.ts:3',
      'src/executor/shell.ts:4',
      'src/executor/shell.ts:5',
      'src/support/digest-more.ts:1',
      'src/support/wait.ts:1',
    ],
  },
];

const structure: Planted[] = [
  {
    rule: 'no import cycles',
    name: 'a cycle of three files, and one of types, which is fine',
    files: {
      'src/model/a.ts': "import './x.ts';\nimport './b.ts';\n",
      'src/model/b.ts': "export { c } from './c.ts';\n",
      'src/model/c.ts': "import { type A, a } from './a.ts';\n",
      'src/model/x.ts': "import type { Y } from './y.ts';\n",
      'src/model/y.ts': "import { x } from './x.ts';\n",
    },
    found: ['src/model/a.ts:2'],
  },
  {
    rule: 'files and functions are short',
    name: 'a file and functions one line over the limit',
    files: {
      'src/model/exact.ts': lines(400),
      'src/model/long-file.ts': lines(401),
      'src/model/long-functions.ts': `function exact() ${body(70)}function long() ${body(71)}const arrow = () => ${body(71)}`,
      'test/cases.test.ts': `describe('x', () => ${body(90)});\nit.each([1])('y', () => ${body(90)});\nfunction helper() ${body(71)}`,
    },
    found: [
      'src/model/long-file.ts:401',
      'src/model/long-functions.ts:71',
      'src/model/long-functions.ts:142',
      'test/cases.test.ts:183',
    ],
  },
  {
    rule: 'medians and percentiles are as aimed',
    name: 'many files and functions that are each within the limit',
    files: Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        `src/model/file-${index}.ts`,
        `function long() ${body(60)}${lines(320)}`,
      ]),
    ),
    found: ['src:1', 'src:1', 'src:1', 'src:1'],
  },
  {
    rule: 'no holes in the types',
    name: 'any, !, casts and suppressions, and their explained twins',
    files: {
      'src/model/a.ts': [
        'export function loose(value: any): unknown {',
        '  return value!.name;',
        '}',
        '',
        'const bare = value as string;',
        '',
        'const old = <string>value;',
        '',
        '// eslint-disable-next-line no-console',
        'console.log(1);',
        '',
        '// The caller has checked it.',
        'const told = value as string;',
        "const words = ['a'] as const;",
        '',
        'const beside = value as string; // checked by the schema',
        '',
        '// eslint-disable-next-line no-console -- the command line prints',
        'console.log(2);',
        '',
      ].join('\n'),
      'src/model/a.test.ts': 'const fine = value as string;\n',
    },
    found: [9, 1, 2, 5, 7].map((line) => `src/model/a.ts:${line}`),
  },
  {
    rule: 'files are named after their subject',
    name: 'grab-bags',
    files: {
      'src/engine/utils.ts': '',
      'src/engine/helpers/dates.ts': '',
      'src/engine/types.ts': '',
      'src/engine/input-types.ts': '',
    },
    found: ['src/engine/helpers/dates.ts:1', 'src/engine/types.ts:1', 'src/engine/utils.ts:1'],
  },
  {
    rule: 'paths hold after the build',
    name: 'a thread named by its source file',
    files: {
      'src/worker/a.ts': "new Worker(new URL('./thread.ts', import.meta.url));\n",
      'src/worker/b.ts': "new URL('../../plugins/', import.meta.url);\n",
    },
    found: ['src/worker/a.ts:1'],
  },
  {
    rule: 'plugin folders are complete',
    name: 'a plugin without a test, a sanity flow and a readable manifest',
    files: {
      'plugins/half/plugin.json': '{ "name": half }',
      'plugins/half/index.ts': '',
      'plugins/half/task.schema.json': '{}',
      'plugins/half/README.md': '',
      'plugins/whole/plugin.json': '{}',
      'plugins/whole/index.ts': '',
      'plugins/whole/schema.json': '{}',
      'plugins/whole/whole.test.ts': '',
      'plugins/whole/sanity.flow.yaml': '',
      'plugins/whole/README.md': '',
    },
    found: ['plugins/half:1', 'plugins/half:1', 'plugins/half:1'],
  },
];

export const PLANTED: readonly Planted[] = [...layers, ...purity, ...structure];
