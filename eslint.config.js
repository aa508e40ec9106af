/**
 * Lint rules. The type-aware ones are the point: a lost promise or a forgotten union member is a bug
 * that no test of ours would be sure to meet. Formatting is Prettier's, architecture is the tidy test's.
 */
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const FUNCTION_LINES_MAX = 70;
const FILE_LINES_MAX = 400;

/** Rules that hold a mistake back which strict TypeScript lets through. */
const correctness = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
  ],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/no-unused-vars': [
    'error',
    { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
  ],
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/no-import-type-side-effects': 'error',
  eqeqeq: 'error',
  'no-console': 'error',
};

/** Where the strict preset and docs/STYLE.md disagree, the style document wins. */
const relaxed = {
  // Numbers and booleans read well in a message; only objects turn into "[object Object]".
  '@typescript-eslint/restrict-template-expressions': [
    'error',
    { allowNumber: true, allowBoolean: true },
  ],
  // An adapter may answer at once where its port allows waiting.
  '@typescript-eslint/require-await': 'off',
  // `return draft.count('late')` and `() => stop()` end a void function in one line.
  '@typescript-eslint/no-confusing-void-expression': [
    'error',
    { ignoreArrowShorthand: true, ignoreVoidOperator: true, ignoreVoidReturningFunctions: true },
  ],
  // Takes a getter for a constant after a check of it, and every group of a RegExp for matched.
  '@typescript-eslint/no-unnecessary-condition': 'off',
  // Branded ids and Map keys: a type parameter used once still documents the call.
  '@typescript-eslint/no-unnecessary-type-parameters': 'off',
  // `delete draft[key]` on plain JSON objects; the copy-on-write code says why where it does.
  '@typescript-eslint/no-dynamic-delete': 'off',
  // noPropertyAccessFromIndexSignature asks for obj['key']; the preset would ask for obj.key.
  '@typescript-eslint/dot-notation': 'off',
};

export default defineConfig(
  globalIgnores(['dist/', 'node_modules/', '.millrace/', 'coverage/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...correctness,
      ...relaxed,
      'max-lines': ['error', { max: FILE_LINES_MAX }],
      'max-lines-per-function': ['error', { max: FUNCTION_LINES_MAX, IIFEs: true }],
    },
  },
  {
    // A `describe` callback is as long as the cases in it: the file budget alone holds tests.
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      // expect(...).rejects and matchers take unbound methods and any-typed asymmetric matchers.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    // Command lines write to stdout: that is their work.
    files: ['src/cli/**', 'bench/**', 'build/**', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['bin/**/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      ecmaVersion: 2020,
      globals: {
        require: 'readonly',
        process: 'readonly',
        console: 'readonly',
        __dirname: 'readonly',
        __filename: 'readonly',
      },
    },
    rules: { 'no-var': 'off', 'no-console': 'off' },
  },
);
