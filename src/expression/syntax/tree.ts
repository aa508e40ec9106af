/**
 * The tree that is walked: what the parser read, checked and with every name resolved. Roots are the
 * context's, locals are slots of the evaluation, filters, functions and tests are their definitions.
 */
import type { FilterDefinition, FunctionDefinition, TestDefinition } from '../definition.ts';
import type { Span } from '../problem.ts';

export type Expression =
  | Literal
  | Root
  | Local
  | Member
  | Index
  | List
  | Dictionary
  | Unary
  | Binary
  | Compare
  | Conditional
  | Test
  | Filter
  | Call;

export interface Literal extends Span {
  readonly kind: 'literal';
  readonly value: string | number | boolean | null;
}

export interface Root extends Span {
  readonly kind: 'root';
  readonly name: string;
}

/** A name made by `set` or `for`. */
export interface Local extends Span {
  readonly kind: 'local';
  readonly name: string;
  readonly slot: number;
}

/** `target.key` or `target['key']`; the span is the key's. */
export interface Member extends Span {
  readonly kind: 'member';
  readonly target: Expression;
  readonly key: string;
}

/** `target[index]` with an index that is computed, or a number. */
export interface Index extends Span {
  readonly kind: 'index';
  readonly target: Expression;
  readonly index: Expression;
}

export interface List extends Span {
  readonly kind: 'list';
  readonly items: readonly Expression[];
}

export interface Dictionary extends Span {
  readonly kind: 'dictionary';
  readonly entries: readonly { readonly key: Expression; readonly value: Expression }[];
}

export interface Unary extends Span {
  readonly kind: 'unary';
  readonly operator: 'not' | '-' | '+';
  readonly operand: Expression;
}

export type BinaryOperator =
  '+' | '-' | '*' | '/' | '//' | '%' | '**' | '~' | 'in' | 'and' | 'or' | '??';

export interface Binary extends Span {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** `first op operand op operand …`: true when each neighbouring pair holds. */
export interface Compare extends Span {
  readonly kind: 'compare';
  readonly first: Expression;
  readonly rest: readonly (Span & {
    readonly operator: Comparison;
    readonly operand: Expression;
  })[];
}

export interface Conditional extends Span {
  readonly kind: 'conditional';
  readonly condition: Expression;
  readonly then: Expression;
  readonly otherwise: Expression;
}

/** Arguments stand in the order of the definition's parameters; undefined where none is given. */
export type BoundArguments = readonly (Expression | undefined)[];

export interface Test extends Span {
  readonly kind: 'test';
  readonly definition: TestDefinition;
  readonly target: Expression;
  readonly arguments: BoundArguments;
}

export interface Filter extends Span {
  readonly kind: 'filter';
  readonly definition: FilterDefinition;
  readonly input: Expression;
  readonly arguments: BoundArguments;
}

export interface Call extends Span {
  readonly kind: 'call';
  readonly definition: FunctionDefinition;
  readonly arguments: BoundArguments;
}

export type Statement = Text | Output | If | For | Set;

export interface Text {
  readonly kind: 'text';
  readonly value: string;
}

export interface Output extends Span {
  readonly kind: 'output';
  readonly expression: Expression;
}

export interface If {
  readonly kind: 'if';
  readonly branches: readonly {
    readonly condition: Expression;
    readonly body: readonly Statement[];
  }[];
  readonly otherwise: readonly Statement[];
}

export interface For extends Span {
  readonly kind: 'for';
  /** One slot: the element, or the key of a map. Two and more: key and value, or the parts of a list. */
  readonly slots: readonly number[];
  readonly loopSlot: number;
  readonly values: Expression;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
  /** Slots of names that are made in the body, which live for one turn. */
  readonly bodySlots: readonly number[];
  /** Operations that a turn costs, beside the work in it. */
  readonly turnCost: number;
}

export interface Set {
  readonly kind: 'set';
  readonly slots: readonly number[];
  /** The value, or the statements whose text it is. */
  readonly value: Expression | readonly Statement[];
}
