import { Problem } from './problem.ts';

/**
 * The states of a query's `state=FAILED,KILLED`, in whatever case.
 *
 * @throws {@link Problem} 400 `state-unknown` for a word that is none of them.
 */
export function statesOf<State extends string>(
  text: string,
  states: readonly State[],
): readonly State[] {
  return text.split(',').map((name) => {
    const state = states.find((known) => known === name.trim().toUpperCase());
    if (state !== undefined) return state;
    throw new Problem(400, 'state-unknown', `${name} is not a state; known: ${states.join(', ')}`);
  });
}
