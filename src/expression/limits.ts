/**
 * What one template may cost. Expressions are written by users and fed with data from anywhere, and the
 * executor evaluates them between two records: at a limit there is an error, never a blocked event loop.
 */
export interface ExpressionLimit {
  readonly value: number;
  readonly unit: 'operations' | 'bytes' | 'characters' | 'levels' | 'instructions';
  readonly meaning: string;
}

export const expressionLimits = {
  /** About 0.4 µs each, so that the default ends within 50 ms: see `Runtime.charge`. */
  operations: {
    value: 100_000,
    unit: 'operations',
    meaning:
      'Work of one scalar: parts of the expression, turns of a loop, elements and text touched. Beyond it `over-budget`.',
  },
  outputBytes: {
    value: 1024 * 1024,
    unit: 'bytes',
    meaning:
      'Any text that an expression makes, and its result as JSON. Beyond it `output-too-large`.',
  },
  templateCharacters: {
    value: 256 * 1024,
    unit: 'characters',
    meaning: 'A longer scalar that has expressions is refused with `expression-syntax`.',
  },
  nesting: {
    value: 100,
    unit: 'levels',
    meaning: 'Brackets, operators and statements inside each other, in the text of a template.',
  },
  treeDepth: {
    value: 256,
    unit: 'levels',
    meaning: 'As nesting, chains such as `a + b + c` included.',
  },
  valueDepth: {
    value: 500,
    unit: 'levels',
    meaning: 'How deep data may be nested where it is compared, counted or written as JSON.',
  },
  renderCharacters: {
    value: 64 * 1024,
    unit: 'characters',
    meaning: 'The longest text that `render()` takes.',
  },
  regexCharacters: {
    value: 1_000,
    unit: 'characters',
    meaning: 'The longest regular expression.',
  },
  regexInstructions: {
    value: 1_000,
    unit: 'instructions',
    meaning: 'The largest regular expression, its repetitions written out.',
  },
} as const satisfies Readonly<Record<string, ExpressionLimit>>;
