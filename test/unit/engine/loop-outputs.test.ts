/** What a loop gives when it has gone through very many values: all that it keeps, or an error. */
import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/model/limits.ts';
import type { TaskEnded } from '../../../src/model/events.ts';
import { isJsonArray, isJsonObject } from '../../../src/support/json.ts';
import { Engine } from './engine.ts';
import { flowFromYaml } from './flows.ts';

/** The end of a loop over so many numbers, all at once. */
function looped(count: number, keeps: string): TaskEnded {
  const engine = new Engine();
  const outputs = keeps === '' ? '' : `outputs: [ { id: kept, type: json, value: ${keeps} } ]`;
  engine.deploy(
    flowFromYaml(`
id: flow
namespace: demo
tasks:
  - id: each
    type: foreach
    values: << range(${count}) >>
    concurrencyLimit: 0
    tasks: [ { id: one, type: return, value: << item.value >> } ]
    ${outputs}
`),
  );
  engine.start({ inputs: {} });
  engine.settle();
  const end = engine.log
    .map(({ event }) => event)
    .find((event): event is TaskEnded => event.type === 'task.ended' && event.task === 'each');
  if (end === undefined) throw new Error('the loop has not ended');
  return end;
}

function itemsOf({ outputs }: TaskEnded): readonly unknown[] {
  const items = isJsonObject(outputs) ? outputs['items'] : undefined;
  return isJsonArray(items) ? items : [];
}

describe('a loop', () => {
  it('that keeps something gives all of it, up to what a record holds', () => {
    const end = looped(3_700, '<< item.value >>');
    expect(end.state).toBe('SUCCESS');
    expect(itemsOf(end)).toHaveLength(3_700);
    expect(end.outputs).not.toHaveProperty('omitted');
    const bytes = Buffer.byteLength(JSON.stringify(end.outputs));
    expect(bytes).toBeGreaterThan(limits.inlineValueBytes.value * 0.95);
    expect(bytes).toBeLessThanOrEqual(limits.inlineValueBytes.value);
  });

  it('that keeps more fails, and says what to do', () => {
    const end = looped(4_500, '<< item.value >>');
    expect(end).toMatchObject({ state: 'FAILED', error: { code: 'outputs-too-large' } });
    expect(end.error?.message).toMatch(
      /^outputs of iteration \d+: what each keeps .* fewer values$/,
    );
  });

  it('that keeps large texts of other scripts is measured in bytes', () => {
    const end = looped(5, `"<< '字' | center(20000) | replace(' ', '字') >>"`);
    expect(end).toMatchObject({ state: 'FAILED', error: { code: 'outputs-too-large' } });
  });

  it('that keeps nothing counts what it leaves out', () => {
    const end = looped(20_000, '');
    expect(end).toMatchObject({ state: 'SUCCESS', outputs: { count: 20_000, failed: 0 } });
    const { omitted } = end.outputs as { readonly omitted: number };
    expect(omitted + itemsOf(end).length).toBe(20_000);
  });
});
