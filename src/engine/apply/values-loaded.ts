import type { ValuesLoaded } from '../../model/events.ts';
import { pageLoaded } from '../state/block.ts';
import { withPage } from '../state/loop.ts';
import type { MutableState } from '../state/mutable-state.ts';
import { headOf, putValues } from './progress.ts';

export function valuesLoaded(state: MutableState, event: ValuesLoaded): void {
  const { execution, run, parent, loop: page, time } = event;
  const head = headOf(state, execution);
  state.dropRun(execution, run);
  putValues(state, event, page, parent);
  const around = state.run(execution, parent);
  if (around?.phase === 'block' && around.loop !== undefined) {
    const from = around.block.paging?.loaded ?? 0;
    const loop = withPage(around.loop, page, from);
    state.putRun(execution, {
      ...around,
      loop,
      block: pageLoaded(around.block, page.values.length),
    });
  }
  state.putHead({ ...head, timeMs: time, nextRun: Math.max(head.nextRun, page.run + 1) });
}
