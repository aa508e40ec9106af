import type { FilterDefinition, FunctionDefinition, TestDefinition } from './definition.ts';

/** The names that one dialect knows. Anything else is refused when the template is read. */
export interface Vocabulary {
  readonly roots: ReadonlySet<string>;
  readonly filters: ReadonlyMap<string, FilterDefinition>;
  readonly functions: ReadonlyMap<string, FunctionDefinition>;
  readonly tests: ReadonlyMap<string, TestDefinition>;
  /** Names of other template languages, and what to write instead. */
  readonly hints: ReadonlyMap<string, string>;
}
