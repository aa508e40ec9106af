import { shortId } from '../../../src/engine/compact-log.ts';
import { taskLabel } from '../../../src/model/iterations.ts';
import type { Effect } from '../../../src/model/effects.ts';

/** One line for people. */
export function effectText(effect: Effect): string {
  switch (effect.kind) {
    case 'dispatch': {
      const { taskType, iterations, dispatch, workerGroup } = effect.dispatch;
      return `dispatch ${taskLabel(taskType, iterations)} ${dispatch} to ${workerGroup}`;
    }
    case 'cancel':
      return `cancel ${effect.cancel.dispatch} at ${effect.workerGroup}`;
    case 'public': {
      const { seq, type, data } = effect.record;
      const task = taskLabel(data.task?.id ?? '-', data.task?.iterations);
      return `public #${seq} ${type} state=${data.state} task=${task}`;
    }
    case 'log': {
      const { level, iterations, message } = effect.line;
      return `log ${taskLabel(level, iterations)} ${message}`;
    }
    case 'command':
      return `command ${effect.command.type} to ${shortId(effect.entity)}`;
    case 'dead-letter':
      return `dead-letter ${effect.letter.reason}: ${effect.letter.message}`;
    case 'decision':
      return `decision ${effect.decision.reason} of ${effect.decision.namespace}/${effect.decision.flow}`;
  }
}
