import { oneLine } from './text.ts';

/** Names and what they are, a line each in two columns; those that are nothing are left out. */
export function formatFacts(facts: readonly (readonly [string, string])[]): string {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name.padEnd(width)}  ${oneLine(value)}\n`)
    .join('');
}
