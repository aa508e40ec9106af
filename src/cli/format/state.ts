import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const styles: ReadonlyMap<string, Style> = new Map<string, Style>([
  ['SUCCESS', 'green'],
  ['FAILED', 'red'],
  ['KILLED', 'red'],
  ['WARNING', 'yellow'],
  ['CANCELLED', 'yellow'],
  ['KILLING', 'yellow'],
  ['FAILING', 'red'],
  ['WAITING', 'yellow'],
  ['PAUSED', 'yellow'],
  ['DISABLED', 'gray'],
  ['RUNNING', 'blue'],
  ['CREATED', 'blue'],
  ['SKIPPED', 'gray'],
]);

/** A state in its colour, as on the page. */
export function stateText(state: string, color: boolean): string {
  return paint(state, styles.get(state.trim()), color);
}

export function paint(text: string, style: Style | undefined, color: boolean): string {
  return color && style !== undefined ? styleText(style, text, { validateStream: false }) : text;
}
