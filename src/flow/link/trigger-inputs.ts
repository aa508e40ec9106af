import type { InputDeclaration } from '../../model/inputs.ts';
import type { Findings } from '../findings.ts';
import { childOf, type LocatedMap } from '../parse/located-node.ts';
import { didYouMean } from '../schema/complaints.ts';
import { textOf } from './declarations.ts';

/** Does the trigger give the flow the inputs that it declares? */
export function checkTriggerInputs(
  trigger: LocatedMap,
  declarations: readonly InputDeclaration[],
  findings: Findings,
): void {
  const inputs = childOf(trigger, 'inputs');
  // One expression for the whole map: its keys are known when it is evaluated.
  if (inputs?.kind === 'scalar') return;
  const known = declarations.map(({ id }) => id);
  const given = inputs?.kind === 'map' ? inputs.entries : undefined;
  for (const [name, { key }] of given ?? []) {
    if (known.includes(name)) continue;
    const list = known.length > 0 ? `There are: ${known.join(', ')}.` : 'It declares none.';
    findings.add('reference-unknown', key.span, `the flow has no input \`${name}\``, {
      hint: didYouMean(name, known) ?? list,
    });
  }
  for (const { id, required } of declarations) {
    if (!required || given?.has(id) === true) continue;
    const { span } = inputs ?? childOf(trigger, 'id') ?? trigger;
    const name = textOf(trigger.value['id']);
    const message = `trigger \`${name}\` does not give the required input \`${id}\``;
    findings.add('trigger-input-missing', span, message, {
      hint: `Add \`inputs: { ${id}: << trigger.… >> }\`, or make the input optional.`,
    });
  }
}
