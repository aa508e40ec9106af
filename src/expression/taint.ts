/**
 * `render()` evaluates a text as a template. Data of a trigger comes from anybody, so it may not become one.
 * Two nets: what is written (this walks from the argument through variables of `set` and `for` to the roots),
 * and what is given (a tag of the text that is found in the trigger's data, however it came there).
 */
import { isReference } from '../model/reference.ts';
import type { Runtime } from './run/runtime.ts';
import { findOpener, nativeDelimiters } from './syntax/delimiters.ts';
import type { Lowering } from './syntax/lowering.ts';
import type { Expression } from './syntax/tree.ts';
import { childrenOf, expressionsOf, isStatements } from './syntax/walk.ts';
import { isList, isMap } from './values/kinds.ts';

const UNTRUSTED = 'trigger';

/** Reports each `render()` whose argument depends on `trigger`. */
export function checkRendered(lowering: Lowering): void {
  for (const argument of lowering.rendered) {
    if (!dependsOnTrigger(argument, lowering)) continue;
    const hint = 'use the data as a value; a template is part of the flow';
    lowering.report('render-of-trigger-data', '`render` of trigger data', argument, hint);
  }
}

function dependsOnTrigger(argument: Expression, lowering: Lowering): boolean {
  const followed = new Set<number>();
  const open: (Expression | undefined)[] = [argument];
  for (let node = open.pop(); open.length > 0 || node !== undefined; node = open.pop()) {
    if (node === undefined) continue;
    if (node.kind === 'root' && node.name === UNTRUSTED) return true;
    if (node.kind === 'local' && !followed.has(node.slot)) {
      followed.add(node.slot);
      for (const source of lowering.sources.get(node.slot) ?? []) {
        open.push(...(isStatements(source) ? expressionsOf(source) : [source]));
      }
    }
    open.push(...childrenOf(node));
  }
  return false;
}

/** True when a tag of the text also stands in the data of the trigger. */
export function comesFromTrigger(text: string, run: Runtime): boolean {
  const tags = tagsOf(text, run);
  const { roots } = run.scope;
  if (tags.length === 0 || !Object.hasOwn(roots, UNTRUSTED)) return false;
  return someText(roots[UNTRUSTED], run, (part) => {
    if (findOpener(part, 0, nativeDelimiters) === undefined) return false;
    return tags.some((tag) => {
      run.chargeText(part.length);
      return part.includes(tag);
    });
  });
}

/** The expressions and statements of a text, as written, without the white space at their ends. */
function tagsOf(text: string, run: Runtime): readonly string[] {
  const tags: string[] = [];
  let from = 0;
  for (;;) {
    const opener = findOpener(text, from, nativeDelimiters);
    if (opener === undefined) return tags;
    run.charge(1);
    const closer = opener.kind === 'expression' ? '>>' : '%>';
    const close = text.indexOf(closer, opener.end);
    from = close === -1 ? text.length : close;
    tags.push(text.slice(opener.start, from).trim());
  }
}

function someText(root: unknown, run: Runtime, holds: (text: string) => boolean): boolean {
  const open: unknown[] = [root];
  while (open.length > 0) {
    run.charge(1);
    const value = open.pop();
    if (typeof value === 'string') {
      run.chargeText(value.length);
      if (holds(value)) return true;
    } else if (isReference(value)) {
      // Its text can have come here only through an evaluation that could read it, as this one then can.
      if (run.scope.impure?.read !== undefined) open.push(run.dereference(value));
    } else if (isList(value)) {
      for (const item of value) open.push(item);
    } else if (isMap(value)) {
      for (const key of Object.keys(value)) open.push(key, value[key]);
    }
  }
  return false;
}
