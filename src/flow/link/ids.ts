import type { Findings } from '../findings.ts';
import { childOf, type LocatedMap, mapsIn } from '../parse/located-node.ts';
import { type EntryList, flattened } from './index-of-tasks.ts';

/** Ids of tasks and triggers are unique over the whole flow, those of inputs and outputs in their list. */
export function checkIds(root: LocatedMap, lists: readonly EntryList[], findings: Findings): void {
  const tasks = flattened(lists);
  const nodes = tasks.map(({ node }) => node);
  unique([...mapsIn(root, 'triggers'), ...nodes], 'a task or trigger', findings);
  for (const { node, type } of tasks) {
    if (type?.iterates === true) unique(mapsIn(node, 'outputs'), 'an output', findings);
  }
  unique(mapsIn(root, 'inputs'), 'an input', findings);
  unique(mapsIn(root, 'outputs'), 'an output', findings);
}

function unique(nodes: readonly LocatedMap[], what: string, findings: Findings): void {
  const first = new Map<string, number>();
  for (const node of nodes) {
    const id = childOf(node, 'id');
    if (id === undefined || typeof id.value !== 'string') continue;
    const { line } = findings.source.rangeOf(id.span);
    const before = first.get(id.value);
    if (before === undefined) {
      first.set(id.value, line);
      continue;
    }
    const message = `\`${id.value}\` is the id of ${what} in line ${before} already`;
    findings.add('id-duplicate', id.span, message);
  }
}
