import type { ExecutionId } from '../../model/ids.ts';
import type { ExecutionOrigin } from './execution.ts';

type OfTrigger = Pick<ExecutionOrigin, 'namespace' | 'flow' | 'trigger'>;

/** Live executions of triggers whose starts must not overlap; nothing of all others. */
export class LiveOfTriggers {
  private readonly byTrigger = new Map<string, Set<ExecutionId>>();

  add(origin: ExecutionOrigin): void {
    if (origin.overlap === undefined) return;
    const key = keyOf(origin);
    this.byTrigger.set(key, (this.byTrigger.get(key) ?? new Set()).add(origin.execution));
  }

  remove(origin: ExecutionOrigin): void {
    if (origin.overlap === undefined) return;
    const key = keyOf(origin);
    const live = this.byTrigger.get(key);
    live?.delete(origin.execution);
    if (live?.size === 0) this.byTrigger.delete(key);
  }

  /** One of them. */
  find(trigger: OfTrigger): ExecutionId | undefined {
    return this.byTrigger.get(keyOf(trigger))?.values().next().value;
  }
}

function keyOf({ namespace, flow, trigger }: OfTrigger): string {
  return `${namespace}/${flow}/${trigger.id ?? ''}`;
}
