/** Text that looks like an expression and is none. */
import { isContextRoot } from './context-roots.ts';
import type { TemplateProblem } from './problem.ts';
import { scanTags } from './syntax/cut.ts';
import { nativeDelimiters } from './syntax/delimiters.ts';

/** One scalar does not need to be told the same again and again. */
const WARNINGS_MAX = 10;

/** A closer farther away belongs to something else. */
const INNER_CHARACTERS_MAX = 500;

/** `<<` and a name; the closer within the line. `<<<` is a here-string. */
const TIGHT = /(?<!<)<<([A-Za-z_][^<>\n]{0,200}?)>>/g;

/** What is written without any white space; `cat <<EOF >> log` is a shell's. */
const TIGHT_WORD = /^[\w.[\]'"()|?:,+*/-]+$/;

const FOREIGN = /\$?\{\{-?\s*([A-Za-z_]\w*)\b/g;

export function findWarnings(text: string): readonly TemplateProblem[] {
  if (!text.includes('<<') && !text.includes('{{')) return [];
  const plain = withoutTags(text);
  return [...tightExpressions(plain), ...foreignExpressions(plain)].slice(0, WARNINGS_MAX);
}

/** The text with blanks where expressions, statements and `raw` are, so that offsets stay. */
function withoutTags(text: string): string {
  let plain = '';
  for (const { start, end } of scanTags(text, nativeDelimiters).tags) {
    plain += text.slice(plain.length, start) + ' '.repeat(end - start);
  }
  return plain + text.slice(plain.length);
}

function tightExpressions(text: string): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  for (const match of text.matchAll(TIGHT)) {
    const inner = match[1] ?? '';
    const root = /^\w+/.exec(inner)?.[0] ?? '';
    if (!TIGHT_WORD.test(inner) && !isContextRoot(root)) continue;
    const start = match.index;
    const end = start + match[0].length;
    problems.push({
      code: 'expression-needs-space',
      severity: 'warning',
      message: `\`${match[0]}\` is text: an expression has white space after \`<<\``,
      hint: `write \`<< ${inner.trim()} >>\``,
      fix: { start, end, replacement: `<< ${inner.trim()} >>` },
      start,
      end,
    });
  }
  return problems;
}

function foreignExpressions(text: string): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  for (const match of text.matchAll(FOREIGN)) {
    if (!isContextRoot(match[1] ?? '')) continue;
    const start = match.index;
    if (problems.length === WARNINGS_MAX) break;
    const from = start + match[0].indexOf('{{') + 2;
    const inside = text.slice(from, from + INNER_CHARACTERS_MAX);
    const close = inside.indexOf('}}');
    const base = {
      code: 'kestra-expression-in-native-flow' as const,
      severity: 'warning' as const,
      message: `\`${match[0]}\` is text in a native flow, whose expressions are \`<< … >>\``,
      start,
    };
    if (close === -1) {
      problems.push({ ...base, end: start + match[0].length });
      continue;
    }
    const inner = inside.slice(0, close).replace(/^-/, '').replace(/-$/, '').trim();
    const end = from + close + 2;
    const replacement = `<< ${inner} >>`;
    const hint = `write \`${replacement}\``;
    problems.push({ ...base, end, hint, fix: { start, end, replacement } });
  }
  return problems;
}
