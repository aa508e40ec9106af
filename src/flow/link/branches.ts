/** Branches of a `switch` that no value leads to. */
import { parseTemplate } from '../../expression/index.ts';
import type { InputDeclaration } from '../../model/inputs.ts';
import type { Findings } from '../findings.ts';
import { childOf, type LocatedMap } from '../parse/located-node.ts';

/**
 * Warns where the values of a `switch` are known: a `value` without an expression has one, an input of type
 * `bool` that is never null has two.
 */
export function checkBranches(
  task: LocatedMap,
  inputs: readonly InputDeclaration[],
  findings: Findings,
): void {
  const [value, cases] = [childOf(task, 'value'), childOf(task, 'cases')];
  if (value?.kind !== 'scalar' || cases?.kind !== 'map') return;
  const possible = possibleValues(String(value.value), inputs);
  if (possible === undefined) return;
  const list = possible.map((text) => `\`${text}\``).join(' or ');
  const unreachable = (branch: string, marked: LocatedMap['span']): void => {
    const message = `${branch} never runs: \`value\` is always ${list}`;
    findings.add('branch-unreachable', marked, message);
  };
  for (const [key, entry] of cases.entries) {
    if (!possible.includes(key)) unreachable(`case \`${key}\``, entry.key.span);
  }
  const byDefault = task.entries.get('default');
  if (byDefault === undefined || !possible.every((text) => cases.entries.has(text))) return;
  unreachable('`default`', byDefault.key.span);
}

function possibleValues(
  text: string,
  inputs: readonly InputDeclaration[],
): readonly string[] | undefined {
  const template = parseTemplate(text);
  if (template.kind === 'text') return [text];
  if (template.kind !== 'expression' || template.node.kind !== 'member') return undefined;
  const { target, key } = template.node;
  if (target.kind !== 'root' || target.name !== 'inputs') return undefined;
  const input = inputs.find(({ id }) => id === key);
  if (input?.type !== 'bool') return undefined;
  return input.required || input.defaults !== undefined ? ['true', 'false'] : undefined;
}
