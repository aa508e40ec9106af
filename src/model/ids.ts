import { murmur2 } from '../support/murmur2.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** 26 characters of Crockford base32, lower case. Never reused. */
export type ExecutionId = Branded<'ExecutionId'>;
/** `<executionId>-<ordinal>`; the ordinal is counted in the execution's state. */
export type TaskRunId = Branded<'TaskRunId'>;
/** `<namespace>/<flow id>`. */
export type FlowKey = Branded<'FlowKey'>;

const ID = /^[0-9a-hjkmnp-tv-z]{26}$/;

/** The text as an execution id, or undefined when it is not of that form. */
export function parseExecutionId(text: string): ExecutionId | undefined {
  // The pattern is the type's definition.
  return ID.test(text) ? (text as ExecutionId) : undefined;
}

/** For ids that this process has just drawn or read from its own log. */
export function executionId(text: string): ExecutionId {
  return text as ExecutionId; // Branding only: the caller names the source.
}

export function taskRunId(execution: ExecutionId, ordinal: number): TaskRunId {
  return `${execution}-${ordinal}` as TaskRunId; // Branding: this is the definition of the form.
}

/** The parts of a task run id, or undefined when the text is not one. */
export function parseTaskRunId(
  text: string,
): { readonly execution: ExecutionId; readonly ordinal: number } | undefined {
  const dash = text.indexOf('-');
  const execution = parseExecutionId(text.slice(0, dash));
  const ordinal = Number(text.slice(dash + 1));
  if (execution === undefined || !Number.isSafeInteger(ordinal) || ordinal < 1) return undefined;
  return { execution, ordinal };
}

export function flowKey(namespace: string, flow: string): FlowKey {
  return `${namespace}/${flow}` as FlowKey; // Branding: this is the definition of the form.
}

const utf8 = new TextEncoder();
/** Ids are short and ASCII: their bytes are written here, since an encoder costs more than the hash. */
const scratch = new Uint8Array(256);

function bytesOf(text: string): Uint8Array {
  if (text.length > scratch.length) return utf8.encode(text);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127) return utf8.encode(text);
    scratch[at] = code;
  }
  return scratch.subarray(0, text.length);
}

/** The partition that owns an entity, and that any Java client picks for this key. */
export function partitionOf(entityId: string, partitions: number): number {
  return (murmur2(bytesOf(entityId)) & 0x7fffffff) % partitions;
}

/** How an idempotency key is scoped, so that equal keys of two flows do not meet. */
export function scopedKey(
  namespace: string,
  flow: string,
  trigger: string | null,
  key: string,
): string {
  return `${namespace}/${flow}/${trigger ?? ''}/${key}`;
}
