/** Checks the shape of a flow: every property known and of the right kind, every type in the catalog. */
import type { Catalog, RequiredWith, TaskType } from '../model/catalog.ts';
import { limits } from '../model/limits.ts';
import { listsOfFlow, listsOfTask } from './child-lists.ts';
import type { DiagnosticCode } from './diagnostic-codes.ts';
import type { FindingDetails, Findings } from './findings.ts';
import { readInput } from './input-types.ts';
import {
  childOf,
  type LocatedMap,
  type LocatedNode,
  mapsIn,
  nodeAt,
} from './parse/located-node.ts';
import type { Span } from './parse/source-text.ts';
import {
  type Complaint,
  complaintsOf,
  didYouMean,
  NAME_RULE,
  preview,
} from './schema/complaints.ts';
import { isLaterType, laterInputTypes, notInThisVersion } from './schema/later.ts';
import { NAME_PATTERN } from './schema/shape.ts';
import { nearest } from '../support/nearest.ts';
import { type PartCheck, type Validators, validatorsOf } from './schema/validators.ts';
import { declarationOf, textOf } from './link/declarations.ts';

export function validate(root: LocatedMap, catalog: Catalog, findings: Findings): void {
  new Validation(catalog, findings).flow(root);
}

class Validation {
  readonly #catalog: Catalog;
  readonly #findings: Findings;
  readonly #validators: Validators;

  constructor(catalog: Catalog, findings: Findings) {
    this.#catalog = catalog;
    this.#findings = findings;
    this.#validators = validatorsOf(catalog);
  }

  flow(root: LocatedMap): void {
    this.#check(root, this.#validators.flow, 'the flow');
    for (const input of mapsIn(root, 'inputs')) this.#input(input);
    for (const trigger of mapsIn(root, 'triggers')) this.#trigger(trigger);
    for (const { tasks } of listsOfFlow(root)) for (const task of tasks) this.#task(task, 1);
    this.#outputs(root);
  }

  #outputs(node: LocatedMap): void {
    for (const output of mapsIn(node, 'outputs')) {
      this.#check(output, this.#validators.output, named('output', output));
    }
  }

  #input(input: LocatedMap): void {
    const owner = named('input', input);
    const type = input.value['type'];
    if (typeof type === 'string' && laterInputTypes.has(type)) {
      const { span } = childOf(input, 'type') ?? input;
      this.#findings.add('type-unknown', span, `there is no input type \`${type}\``, {
        hint: notInThisVersion,
      });
      return;
    }
    if (!this.#check(input, this.#validators.input, owner)) return;
    const declaration = declarationOf(input);
    const defaults = childOf(input, 'defaults');
    if (declaration.defaults === undefined || defaults === undefined) return;
    const read = readInput(declaration, declaration.defaults, false);
    if (read.ok) return;
    const message = `the default of ${owner}: ${read.message}`;
    this.#findings.add('input-default-invalid', defaults.span, message);
  }

  #trigger(trigger: LocatedMap): void {
    const type = trigger.value['type'];
    const check = typeof type === 'string' ? this.#validators.trigger(type) : undefined;
    const owner = named('trigger', trigger);
    if (typeof type === 'string' && check === undefined) {
      this.#unknownType('trigger', type, trigger, [...this.#catalog.triggers.keys()]);
    }
    this.#check(trigger, check ?? this.#validators.anyTrigger, owner);
    const { exactlyOne, requires } = this.#catalog.triggers.get(textOf(type)) ?? {};
    if (exactlyOne !== undefined) this.#exactlyOne(trigger, exactlyOne, owner);
    if (requires !== undefined) this.#requires(trigger, requires, owner);
  }

  #requires(node: LocatedMap, requires: RequiredWith, owner: string): void {
    for (const [property, byValue] of Object.entries(requires)) {
      const value = textOf(node.value[property]);
      const needed = Object.entries(byValue).find(([known]) => known === value)?.[1];
      if (needed === undefined || node.entries.has(needed)) continue;
      const { span } = childOf(node, property) ?? node;
      const message = `${owner} needs \`${needed}\`, since its \`${property}\` is \`${value}\``;
      this.#findings.add('property-missing', span, message);
    }
  }

  #exactlyOne(node: LocatedMap, choice: readonly string[], owner: string): void {
    const given = choice.filter((property) => node.entries.has(property));
    if (given.length === 1) return;
    const names = choice.map((name) => `\`${name}\``).join(', ');
    const second = given[1];
    if (second === undefined) {
      this.#findings.add('property-missing', node.span, `${owner} needs one of ${names}`);
    } else {
      const { span } = childOf(node, second) ?? node;
      const message = `${owner} can have only one of ${names}`;
      this.#findings.add('property-invalid', span, message);
    }
  }

  #task(task: LocatedMap, depth: number): void {
    const name = task.value['type'];
    const check = typeof name === 'string' ? this.#validators.task(name) : undefined;
    if (typeof name === 'string' && check === undefined) {
      const types = [...this.#catalog.tasks.values()].filter(({ internal }) => !internal);
      this.#unknownType(
        'task',
        name,
        task,
        types.map(({ type }) => type),
      );
    }
    this.#check(task, check ?? this.#validators.anyTask, named('task', task));
    const type = check === undefined ? undefined : this.#catalog.tasks.get(textOf(name));
    if (type === undefined) return;
    if (type.iterates === true) this.#outputs(task);
    this.#children(task, type, depth);
  }

  #children(task: LocatedMap, type: TaskType, depth: number): void {
    const depthMax = limits.blockDepth.value;
    const lists = listsOfTask(task, type);
    if (lists.length > 0 && depth > depthMax) {
      const message = `blocks are nested more than ${depthMax} levels deep here`;
      this.#findings.add('block-too-deep', task.span, message, { hint: 'Split the flow.' });
      return;
    }
    for (const { tasks } of lists) for (const child of tasks) this.#task(child, depth + 1);
  }

  #unknownType(
    part: 'task' | 'trigger',
    type: string,
    node: LocatedMap,
    candidates: readonly string[],
  ): void {
    const hint = isLaterType(type)
      ? notInThisVersion
      : (didYouMean(type, candidates) ?? `There are: ${candidates.toSorted().join(', ')}.`);
    const { span } = childOf(node, 'type') ?? node;
    const message = `there is no ${part} type ${preview(type)}`;
    this.#findings.add('type-unknown', span, message, { hint });
  }

  /** True when the part is right. */
  #check(node: LocatedMap, check: PartCheck, owner: string): boolean {
    const complaints = complaintsOf(check.errorsOf(node.value));
    for (const complaint of complaints) this.#report(complaint, node, check, owner);
    return complaints.length === 0;
  }

  #report(complaint: Complaint, node: LocatedMap, check: PartCheck, owner: string): void {
    const at = nodeAt(node, complaint.path);
    const [code, span, message] = this.#describe(complaint, at, owner);
    const details = this.#details(complaint, check, at, span);
    this.#findings.add(code, span, message, details);
  }

  #details(complaint: Complaint, check: PartCheck, at: LocatedNode, span: Span): FindingDetails {
    switch (complaint.kind) {
      case 'unknown':
        return unknownProperty(complaint, check, span);
      case 'missing':
        return { hint: oneOf(complaint.candidates) };
      case 'invalid':
        return otherValue(complaint, at);
    }
  }

  #describe(
    { kind, path, property, message }: Complaint,
    at: LocatedNode,
    owner: string,
  ): [DiagnosticCode, Span, string] {
    const inside = path.length === 0 ? owner : `\`${path.join('.')}\` of ${owner}`;
    switch (kind) {
      case 'unknown': {
        const key = at.kind === 'map' ? at.entries.get(property)?.key.span : undefined;
        return ['property-unknown', key ?? at.span, `${inside} has no property \`${property}\``];
      }
      case 'missing':
        return [
          'property-missing',
          firstLine(at, this.#findings),
          `${inside} needs \`${property}\``,
        ];
      case 'invalid':
        return ['property-invalid', at.span, `${inside} ${message}`];
    }
  }
}

function unknownProperty(
  { path, property, candidates }: Complaint,
  check: PartCheck,
  span: Span,
): FindingDetails {
  const atTop = path.length === 0;
  const known = atTop ? check.hints.get(property) : undefined;
  if (known !== undefined) return { hint: known };
  const names = atTop ? check.properties : candidates;
  const meant = nearest(property, names);
  if (meant === undefined) return { hint: takes(names) };
  return { hint: `Did you mean \`${meant}\`?`, fix: { ...span, text: meant } };
}

/** What the value could have been: one of a list, or an id without what an id may not have. */
function otherValue({ candidates, property, message }: Complaint, at: LocatedNode): FindingDetails {
  const written = at.kind === 'scalar' ? String(at.value) : '';
  const name = written.replaceAll(/[-. ]/g, '_');
  const isName = property === 'id' && message.includes(NAME_RULE);
  if (isName && name !== written && new RegExp(NAME_PATTERN).test(name)) {
    const hint = `Expressions would read \`${written}\` as a calculation: write \`${name}\`.`;
    return { hint, fix: { ...at.span, text: name } };
  }
  return candidates.length > 0 ? { hint: didYouMean(written, candidates) } : {};
}

function oneOf(candidates: readonly string[]): string | undefined {
  return candidates.length === 0 ? undefined : `Give one of: ${candidates.join(', ')}.`;
}

function takes(known: readonly string[]): string | undefined {
  return known.length === 0 ? undefined : `It takes: ${known.toSorted().join(', ')}.`;
}

/** What is missing has no place of its own: the line where its map begins is shown. */
function firstLine(node: LocatedNode, findings: Findings): Span {
  const line = findings.source.lineAt(node.span.start);
  return { start: node.span.start, end: Math.min(node.span.end, line.end) };
}

function named(part: string, node: LocatedMap): string {
  const id = node.value['id'];
  return typeof id === 'string' && id !== '' ? `${part} \`${id}\`` : `this ${part}`;
}
