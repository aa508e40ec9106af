import { type FlowFile, type PlannedChange, planDeployment } from '../flow/deployment.ts';
import type { Diagnostic } from '../flow/diagnostic.ts';
import type { FlowRegistry } from '../flow/registry.ts';
import { RetryableError, TerminalError } from '../model/errors.ts';
import type { LogProducer } from '../ports/log.ts';
import { encodeFlow } from '../records/flows.ts';

/** What became of a file. */
export type DeployedFile =
  | {
      readonly kind: 'created' | 'updated' | 'unchanged';
      readonly file: string;
      /** `<namespace>/<id>`. */
      readonly flow: string;
      readonly revision: number;
      /** Warnings only. */
      readonly diagnostics: readonly Diagnostic[];
    }
  | {
      readonly kind: 'invalid';
      readonly file: string;
      readonly diagnostics: readonly Diagnostic[];
    }
  /** Valid, but another file is not, and all or none was asked for. */
  | { readonly kind: 'held'; readonly file: string; readonly diagnostics: readonly Diagnostic[] };

export interface DeployOptions {
  /** Deploy nothing when any file is invalid. Otherwise each invalid flow stays as it is. */
  readonly allOrNone: boolean;
  /** Who or what deploys, for people. */
  readonly by: string;
}

/** The part of the replica of `flows` that deploying needs. */
export interface DeploymentReplica {
  readonly registry: FlowRegistry;
  onReached(offset: number, call: () => void): () => void;
}

type Change = Extract<PlannedChange, { readonly kind: 'created' | 'updated' }>;

const SEND_DEADLINE_MS = 30_000;
/** How often a file is planned anew when another process deploys the same flow at the same time. */
const ATTEMPTS_MAX = 5;

/** Deploys files of this process: `dev`, `start` and `serve --flows`. */
export class Deployer {
  readonly #producer: LogProducer;
  readonly #replica: DeploymentReplica;

  constructor(producer: LogProducer, replica: DeploymentReplica) {
    this.#producer = producer;
    this.#replica = replica;
  }

  /** One result for each file, in their order; resolves once this process's replica has what is new. */
  async deploy(
    files: readonly FlowFile[],
    { allOrNone, by }: DeployOptions,
  ): Promise<readonly DeployedFile[]> {
    const plan = planDeployment(this.#replica.registry, files, { by });
    const invalid = plan.some(({ kind }) => kind === 'invalid');
    if (allOrNone && invalid) return plan.map(held);
    const results: DeployedFile[] = [];
    for (const change of plan) results.push(await this.#carryOut(change, by));
    return results;
  }

  async #carryOut(planned: PlannedChange, by: string): Promise<DeployedFile> {
    let change = planned;
    for (let attempt = 1; ; attempt += 1) {
      if (change.kind === 'invalid') return change;
      const { file, flow, diagnostics } = change;
      const result = { file, flow: flow.key, diagnostics };
      if (change.kind === 'unchanged') {
        return { ...result, kind: 'unchanged', revision: change.revision };
      }
      await this.#append(change);
      const head = this.#replica.registry.headOf(flow.namespace, flow.id);
      if (head.source === flow.source) {
        return { ...result, kind: change.kind, revision: head.revision };
      }
      // Somebody deployed in between; what they deployed may be the same.
      const again = planDeployment(this.#replica.registry, [{ file, text: flow.source }], {
        by,
      })[0];
      if (again === undefined || attempt >= ATTEMPTS_MAX) throw overtaken(flow.key);
      change = again;
    }
  }

  async #append(change: Change): Promise<void> {
    const sent = await this.#producer.send('flows', 0, encodeFlow(change.record), {
      deadlineMs: SEND_DEADLINE_MS,
    });
    if (sent.kind === 'refused')
      throw new TerminalError(sent.code, `${change.file}: ${sent.message}`);
    if (sent.kind !== 'acknowledged') {
      throw new RetryableError(
        'log-unavailable',
        `${change.file} was not deployed: no broker answers`,
      );
    }
    await new Promise<void>((resolve) => {
      this.#replica.onReached(sent.offset + 1, resolve);
    });
  }
}

function held(change: PlannedChange): DeployedFile {
  const { file, diagnostics } = change;
  return { kind: change.kind === 'invalid' ? 'invalid' : 'held', file, diagnostics };
}

function overtaken(key: string): RetryableError {
  return new RetryableError(
    'revision-moved',
    `${key} is being deployed by somebody else all the time; deploy it from one place`,
  );
}
