/** How filters, functions and tests are described: one entry each in their registry. */
import type { Runtime } from './run/runtime.ts';

export interface Parameter {
  readonly name: string;
  readonly required: boolean;
}

/** A template that shows the use and what it gives; the tests evaluate it, the docs print it. */
export interface Example {
  readonly template: string;
  readonly gives: unknown;
}

/** What can be said of arguments that are written as literals, at validation: undefined when all is well. */
type ArgumentCheck = (literals: readonly unknown[]) => string | undefined;

interface Definition {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** One sentence, for the docs and the editor. */
  readonly summary: string;
  /** True when only a worker can evaluate it, in a thread of its own. */
  readonly worker?: true;
}

export interface FilterDefinition extends Definition {
  readonly example: Example;
  /** True when it takes a missing input too, as `default` does. */
  readonly lenient?: true;
  readonly check?: ArgumentCheck;
  /** Undefined means that there is no value: an error, unless `??` or `default` follows. */
  apply(input: unknown, given: readonly unknown[], run: Runtime): unknown;
}

export interface FunctionDefinition extends Definition {
  readonly example?: Example;
  /** What outside of the record it depends on; such a call is evaluated by a worker. */
  readonly impure?: 'secret' | 'env' | 'read';
  /** As {@link FilterDefinition.apply}. */
  call(given: readonly unknown[], run: Runtime): unknown;
}

export interface TestDefinition extends Definition {
  readonly example: Example;
  /** True when it takes a missing value (as undefined), as `is defined` does. */
  readonly lenient?: true;
  readonly check?: ArgumentCheck;
  holds(value: unknown, given: readonly unknown[], run: Runtime): boolean;
}

/** Parameters by name; a `?` at the end marks one that may be left out. */
export function parameters(...names: readonly string[]): readonly Parameter[] {
  return names.map((name) => ({
    name: name.replace(/\?$/, ''),
    required: !name.endsWith('?'),
  }));
}
