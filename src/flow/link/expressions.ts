/** Compiles the values of properties and reports what is wrong with the expressions in them. */
import {
  type Analysis,
  analyse,
  type CompiledValue,
  compileValue,
  findCutExpression,
  parseTemplate,
  type Template,
} from '../../expression/index.ts';
import type { Findings } from '../findings.ts';
import { cutScalar } from '../parse/cut-expression.ts';
import {
  type LocatedMap,
  type LocatedNode,
  type LocatedScalar,
  nodeAt,
} from '../parse/located-node.ts';
import { spanInSource } from '../parse/scalar-offsets.ts';
import { checkLookup } from './check-lookup.ts';
import type { Names } from './names.ts';
import type { Place } from './place.ts';

/** One scalar can be full of the same mistake; its first ones are enough. */
const PROBLEMS_PER_SCALAR = 20;

export class Expressions {
  readonly #names: Names;
  readonly #findings: Findings;

  constructor(names: Names, findings: Findings) {
    this.#names = names;
    this.#findings = findings;
  }

  /** A templated value. Keys are templates only in free maps, such as `headers`. */
  value(node: LocatedNode, place: Place, templatedKeys: boolean): CompiledValue {
    const compiled = compileValue(node.value, { templatedKeys });
    // Aliases share the scalar that they name: it is looked at once.
    const checked = new Set<LocatedScalar>();
    for (const { path, role, template } of compiled.leaves) {
      const scalar = role === 'key' ? keyAt(node, path) : nodeAt(node, path);
      if (scalar?.kind !== 'scalar' || checked.has(scalar)) continue;
      checked.add(scalar);
      this.#check(template, scalar, place);
    }
    if (!templatedKeys) this.#refuseKeys(node, place);
    return compiled;
  }

  /** The keys of a map are taken as written. */
  refuseKeys({ entries }: LocatedMap, place: Place): void {
    for (const [name, { key }] of entries) this.#refuseKey(name, key, place);
  }

  /** A templated scalar, such as `when`. */
  scalar(node: LocatedNode, place: Place): Template {
    const text = node.kind === 'scalar' ? String(node.value) : '';
    const template = parseTemplate(text);
    if (node.kind === 'scalar') this.#check(template, node, place);
    return template;
  }

  /** A value that is taken as written: an expression in it would never be evaluated. */
  refuse(node: LocatedNode, place: Place): void {
    for (const scalar of scalarsIn(node)) {
      const { value, span } = scalar;
      if (typeof value !== 'string' || parseTemplate(value).kind === 'text') continue;
      const message = `${place.name} is static: it is read when the flow is deployed`;
      this.#findings.add('expression-in-static-property', span, message, {
        hint: 'Write the value itself.',
      });
    }
  }

  #check(template: Template, scalar: LocatedScalar, place: Place): void {
    const { source } = this.#findings;
    for (const problem of template.problems.slice(0, PROBLEMS_PER_SCALAR)) {
      const span = spanInSource(source.text, scalar, problem);
      if (problem.code === 'expression-cut-by-yaml' && scalar.style === 'plain') {
        const cut = cutScalar(source, scalar.span.start, span.start);
        this.#findings.add(problem.code, cut.span, cut.message, cut);
        continue;
      }
      const { fix } = problem;
      const edit = fix && { ...spanInSource(source.text, scalar, fix), text: fix.replacement };
      this.#findings.add(problem.code, span, problem.message, { hint: problem.hint, fix: edit });
    }
    const analysis = analyse(template);
    this.#checkLookups(analysis, scalar, place);
    if (analysis.impure.size > 0) this.#checkImpure(analysis, scalar, place);
  }

  #checkLookups(analysis: Analysis, scalar: LocatedScalar, place: Place): void {
    let found = 0;
    for (const lookup of analysis.lookups) {
      const problem = checkLookup(lookup, place, this.#names);
      if (problem === undefined || found++ >= PROBLEMS_PER_SCALAR) continue;
      const span = spanInSource(this.#findings.source.text, scalar, lookup);
      this.#findings.add(problem.code, span, problem.message, { hint: problem.hint });
    }
  }

  #checkImpure({ impure }: Analysis, { span }: LocatedScalar, place: Place): void {
    if (place.impurity === 'allowed') return;
    const secret = impure.has('secret');
    const names = [...impure].map((name) => `\`${name}\``).join(', ');
    const message = secret
      ? `\`secret\` cannot be used in ${place.name}: its value would be stored in the log`
      : `${names} cannot be used in ${place.name}, which is evaluated without leaving the executor`;
    const hint = secret
      ? 'Use it in a property of a task that runs on workers, such as `headers` of `http.request`.'
      : 'Do it in a task first, and use its outputs here.';
    this.#findings.add('impure-not-allowed', span, message, { hint });
  }

  #refuseKeys(node: LocatedNode, place: Place): void {
    if (node.kind === 'list') for (const item of node.items) this.#refuseKeys(item, place);
    if (node.kind !== 'map') return;
    for (const [name, { key, node: value }] of node.entries) {
      this.#refuseKey(name, key, place);
      this.#refuseKeys(value, place);
    }
  }

  #refuseKey(name: string, key: LocatedScalar, place: Place): void {
    if (!name.includes('<<') || parseTemplate(name).kind === 'text') return;
    const { source } = this.#findings;
    const cut = findCutExpression(String(key.value));
    if (cut !== undefined && key.style === 'plain') {
      const described = cutScalar(source, key.span.start, key.span.start + cut.start);
      this.#findings.add('expression-cut-by-yaml', described.span, described.message, described);
      return;
    }
    const message = `keys in ${place.name} are taken as written`;
    this.#findings.add('expression-in-static-property', key.span, message);
  }
}

/** A value that nobody evaluates. */
export function constantValue(node: LocatedNode): CompiledValue {
  const { value } = node;
  return { constant: true, leaves: [], problems: [], node: { kind: 'constant', value } };
}

function keyAt(node: LocatedNode, path: readonly (string | number)[]): LocatedScalar | undefined {
  const around = nodeAt(node, path.slice(0, -1));
  return around.kind === 'map' ? around.entries.get(String(path.at(-1)))?.key : undefined;
}

function* scalarsIn(node: LocatedNode): Iterable<LocatedScalar> {
  if (node.kind === 'scalar') yield node;
  else if (node.kind === 'list') for (const item of node.items) yield* scalarsIn(item);
  else {
    for (const { key, node: value } of node.entries.values()) {
      yield key;
      yield* scalarsIn(value);
    }
  }
}
