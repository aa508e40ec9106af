/**
 * One evaluation of one template. It holds what the closures of the template need while they run: the scope,
 * the variables of `set` and `for`, what is left of the budget, and where an error would have happened.
 * Made by `evaluate`, dropped with its result; nothing of it outlives the call.
 */
import type { RE2JS } from 're2js';
import { isReference, type ValueReference } from '../../model/reference.ts';
import { sha256Hex } from '../../support/digest.ts';
import { expressionLimits } from '../limits.ts';
import { ExpressionError, type ExpressionErrorCode, type Span } from '../problem.ts';
import type { Scope } from '../scope.ts';

/** Characters of text that count as one operation. */
const CHARACTERS_AN_OPERATION = 64;

const HASH_OPERATIONS = 15;

/** What any text costs, however short. */
const TEXT_BASE = 0.25;

/** What a call outside counts, so that a loop of them ends soon. */
const IMPURE_OPERATIONS = 100;

const NOWHERE: Span = { start: 0, end: 0 };

/** Evaluates the text of `render()`; given from outside, since it reads templates. */
export type RenderText = (text: string, run: Runtime) => unknown;

export class Runtime {
  readonly scope: Scope;
  readonly locals: unknown[] = [];
  readonly outputBytesMax: number;
  readonly renderText: RenderText;
  /** What is being evaluated: filters and functions fail here. */
  site: Span = NOWHERE;
  operationsLeft: number;
  /** How often `uuid()` or `random…()` was called. */
  calls = 0;
  private compiled: Map<string, RE2JS> | undefined;
  private readBefore: Map<string, unknown> | undefined;

  constructor(scope: Scope, cost: number, renderText: RenderText) {
    this.scope = scope;
    this.renderText = renderText;
    this.outputBytesMax = scope.budget?.outputBytes ?? expressionLimits.outputBytes.value;
    this.operationsLeft = (scope.budget?.operations ?? expressionLimits.operations.value) - cost;
  }

  fail(code: ExpressionErrorCode, message: string, span: Span = this.site, cause?: unknown): never {
    const place = { start: span.start, end: span.end, path: this.scope.property };
    throw new ExpressionError(code, message, place, cause === undefined ? undefined : { cause });
  }

  /** Takes operations from the budget, before the work they stand for. One is about 0.4 µs of work. */
  charge(operations: number): void {
    this.operationsLeft -= operations;
    if (!(this.operationsLeft >= 0)) {
      const most = this.scope.budget?.operations ?? expressionLimits.operations.value;
      this.fail('over-budget', `more than ${most} operations`);
    }
  }

  chargeText(characters: number): void {
    this.charge(TEXT_BASE + characters / CHARACTERS_AN_OPERATION);
  }

  /** Refuses a text before it is made: `length` is a lower bound of its bytes. */
  reserve(length: number): void {
    if (!(length <= this.outputBytesMax)) {
      this.fail('output-too-large', `a text of more than ${this.outputBytesMax} bytes`);
    }
    this.chargeText(length);
  }

  /** A text that has been made and may be used further. */
  made(text: string): string {
    this.reserve(text.length);
    return text;
  }

  /** The regular expressions that this evaluation has used. */
  get patterns(): Map<string, RE2JS> {
    this.compiled ??= new Map();
    return this.compiled;
  }

  /** The value behind a reference, or the value itself. In the executor looking into one is an error. */
  settle(value: unknown): unknown {
    return isReference(value) ? this.dereference(value) : value;
  }

  dereference(reference: ValueReference, span: Span = this.site): unknown {
    const { impure } = this.scope;
    if (impure?.read === undefined) {
      const message = `a value of ${reference.bytes} bytes is kept as a reference; a worker has to look into it`;
      return this.fail('touches-reference', message, span);
    }
    this.readBefore ??= new Map();
    if (!this.readBefore.has(reference.uri)) {
      const value = this.impurely(() => impure.read?.(reference.uri), span);
      this.readBefore.set(reference.uri, value);
    }
    return this.readBefore.get(reference.uri);
  }

  /** Calls something of the scope that may throw whatever it likes. */
  impurely<Result>(call: () => Result, span: Span = this.site): Result {
    this.charge(IMPURE_OPERATIONS);
    try {
      return call();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return this.fail('impure-failed', message, span, error);
    }
  }

  /** 64 hexadecimal digits that differ from call to call and agree from attempt to attempt. */
  nextHash(): string {
    this.calls += 1;
    this.charge(HASH_OPERATIONS);
    return sha256Hex([this.scope.seed, this.scope.property, String(this.calls)]);
  }
}
