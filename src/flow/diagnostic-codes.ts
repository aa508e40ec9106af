import type { TemplateProblemCode } from '../expression/index.ts';

/**
 * Every code that reading a flow can give, with the severity it has. Stable: scripts and editors match on
 * them. docs/errors.md has a section for each (a test compares).
 */
export const diagnosticCodes = {
  'yaml-syntax': 'error',
  'yaml-byte-order-mark': 'warning',
  'yaml-duplicate-key': 'error',
  'yaml-integer-too-large': 'error',
  'yaml-too-large': 'error',
  'yaml-unsupported': 'error',
  'key-reserved': 'error',
  'flow-not-a-map': 'error',
  'dialect-unavailable': 'error',
  'property-unknown': 'error',
  'property-missing': 'error',
  'property-invalid': 'error',
  'type-unknown': 'error',
  'id-duplicate': 'error',
  'block-too-deep': 'error',
  'input-default-invalid': 'error',
  'when-not-a-condition': 'error',
  'branch-unreachable': 'warning',
  'expression-syntax': 'error',
  'expression-cut-by-yaml': 'error',
  'expression-in-static-property': 'error',
  'expression-needs-space': 'warning',
  'kestra-expression-in-native-flow': 'warning',
  'unknown-root': 'error',
  'unknown-filter': 'error',
  'unknown-function': 'error',
  'unknown-test': 'error',
  'wrong-arguments': 'error',
  'bad-regex': 'error',
  'render-of-trigger-data': 'error',
  'reference-unknown': 'error',
  'reference-unavailable': 'error',
  'output-not-yet': 'error',
  'output-of-iteration': 'error',
  'impure-not-allowed': 'error',
  'trigger-field-not-always-present': 'warning',
  'trigger-input-missing': 'warning',
  'too-many-findings': 'error',
} as const satisfies Readonly<Record<string, 'error' | 'warning'>> &
  Readonly<Record<TemplateProblemCode, 'error' | 'warning'>>;

export type DiagnosticCode = keyof typeof diagnosticCodes;
