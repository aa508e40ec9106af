import { nearest } from '../../support/nearest.ts';
import type { Span } from '../problem.ts';
import type { Lowering } from './lowering.ts';
import type { Expression } from './tree.ts';

/** A name on its own: a variable of the template, or a root of the context. */
export function lowerName(name: string, start: number, lowering: Lowering): Expression {
  const span = { start, end: start + name.length };
  const slot = lowering.names.resolve(name);
  if (slot !== undefined) return { kind: 'local', name, slot, ...span };
  const { roots, functions } = lowering.vocabulary;
  if (!roots.has(name)) {
    if (functions.has(name)) {
      const message = `\`${name}\` is a function`;
      lowering.report('unknown-root', message, span, `call it: \`${name}(…)\``);
    } else {
      unknown('root', name, span, [...lowering.names.visible(), ...roots], lowering);
    }
  }
  return { kind: 'root', name, ...span };
}

/** Reports a name that the dialect does not know, with the one that was most likely meant. */
export function unknown(
  what: 'root' | 'filter' | 'function' | 'test',
  name: string,
  span: Span,
  known: Iterable<string>,
  lowering: Lowering,
): void {
  if (lowering.full) return;
  const names = [...known];
  const close = nearest(name, names);
  const hint =
    lowering.vocabulary.hints.get(`${what}:${name}`) ??
    (close === undefined ? listOf(what, names) : `did you mean \`${close}\`?`);
  const kind = what === 'root' ? 'name' : what;
  lowering.report(`unknown-${what}`, `there is no ${kind} \`${name}\``, span, hint);
}

/** There are too many filters for a message. */
function listOf(what: string, names: readonly string[]): string {
  return what === 'filter' ? 'all filters: docs/expressions.md' : `known: ${names.join(', ')}`;
}
