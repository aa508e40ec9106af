/** The parts of the API's answers that the command line shows; schemas/openapi.json has them whole. */
import type { Failure } from '../model/failure.ts';
import type { Iterations } from '../model/iterations.ts';
import type { DeadLetter, Decision } from '../model/records.ts';
import type { Json } from '../support/json.ts';

export interface ExecutionBody {
  readonly executionId: string;
  readonly namespace: string;
  readonly flow: string;
  readonly revision: number;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly trigger: { readonly type: string; readonly id: string | null };
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly outputs: Json;
  readonly error: Failure | null;
  readonly taskRuns?: readonly TaskRunBody[];
  /** There are more task runs behind it. */
  readonly next?: number;
}

export interface TaskRunBody {
  readonly id: string;
  readonly parent: string | null;
  readonly task: string;
  readonly iterations: Iterations;
  readonly type: string;
  readonly state: string;
  readonly attempt: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly durationMs: number | null;
  readonly error: Failure | null;
}

export interface LogLineBody {
  readonly offset: number;
  readonly time: string;
  readonly level: string;
  readonly task: string;
  readonly iterations: Iterations;
  readonly message: string;
}

export interface FlowBody {
  readonly namespace: string;
  readonly id: string;
  readonly revision: number;
  readonly description: string | null;
  readonly disabled: boolean;
  readonly triggers: readonly { readonly id: string; readonly type: string }[];
  readonly inputs: readonly { readonly id: string; readonly type: string }[];
}

export interface StartedBody {
  readonly executionId: string;
  readonly state: string;
  readonly duplicate?: boolean;
}

/** A record of `dlq` at its place there. */
export interface DeadLetterBody extends Omit<DeadLetter, 'timeMs'> {
  readonly partition: number;
  readonly offset: number;
  readonly time: string;
}

export interface ShownDeadLetterBody extends DeadLetterBody {
  readonly record: {
    readonly key: string | null;
    readonly value: string | null;
    readonly headers: Readonly<Record<string, string>>;
  } | null;
  readonly again: string;
}

export interface TriggerBody {
  readonly namespace: string;
  readonly flow: string;
  readonly trigger: string;
  readonly type: string;
  readonly kind: string;
  readonly revision: number;
  readonly state: string;
  readonly message: string | null;
  readonly lag: number | null;
  readonly lastFire: string | null;
  readonly nextFire: string | null;
  readonly lastError: { readonly message: string; readonly time: string } | null;
  readonly processes: readonly {
    readonly process: string;
    readonly host: string | null;
    readonly processId: number | null;
    readonly state: string;
  }[];
}

export interface TriedTriggerBody {
  readonly events: readonly {
    readonly trigger: Json;
    readonly outcome: string;
    readonly inputs?: Json;
    readonly labels?: Readonly<Record<string, string>>;
    readonly idempotencyKey?: string;
    readonly reason?: string;
    readonly message?: string;
  }[];
  readonly isCut: boolean;
  readonly dueTimes?: readonly string[];
}

export interface DecisionBody extends Omit<Decision, 'timeMs' | 'count'> {
  readonly time: string;
  readonly count: number;
}
