/**
 * One trigger in this process, from when it is wanted here until it is not.
 *
 * It runs again and again: a run ends by an error, which is shown and waited after, longer each time, and never for
 * good; or because it was told to stop. A connection that the configuration does not have is no error: the trigger
 * is WAITING, and says so once.
 */
import { ConnectionMissing } from '../plugin/index.ts';
import { Masker } from '../plugin/masking.ts';
import { sleep } from '../ports/clock.ts';
import { drawnBackOffMs } from './drawn-back-off.ts';
import { runClock } from './clock-run.ts';
import { Delivery } from './delivery.ts';
import { NotOurs } from './not-ours.ts';
import { runPoll } from './poll-run.ts';
import { type RunContext, secretProperties, type StateStore } from './run-context.ts';
import type { TriggerServices } from './services.ts';
import type { TriggerReport } from './status-reports.ts';
import { runStream } from './stream-run.ts';
import type { TriggerTarget } from './target.ts';

/** A run that lasted so long says that the trouble before it is over. */
const SETTLED_MS = 60_000;
/** How long a stopped run may take to finish what it has begun. */
const STOP_MS = 5_000;

export class TriggerRunner {
  readonly target: TriggerTarget;
  readonly #services: TriggerServices;
  readonly #store: StateStore;
  readonly #report: TriggerReport;
  readonly #stopped = new AbortController();
  readonly #ended: Promise<void>;

  /** @param store of a poll or clock trigger, at its owner. */
  constructor(services: TriggerServices, target: TriggerTarget, store: StateStore) {
    this.#services = services;
    this.target = target;
    this.#store = store;
    const owned = target.trigger.kind !== 'stream';
    this.#report = services.statuses.begin(target.key, owned, target.flow.revision);
    this.#ended = this.#run();
  }

  /** Resolves when nothing of it is under way any more, or after a few seconds. */
  async stop(): Promise<void> {
    const { statuses, clock } = this.#services;
    this.#stopped.abort(new Error('the trigger stops'));
    const late = new AbortController();
    await Promise.race([this.#ended, sleep(clock, STOP_MS, late.signal)]);
    late.abort();
    statuses.end(this.target.key);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    const { clock } = this.#services;
    for (let failures = 0; !signal.aborted; failures += 1) {
      const beganAt = clock.monotonic();
      const masker = new Masker();
      try {
        this.#report.state('RUNNING');
        await this.#once(masker);
        if (signal.aborted) return;
        throw new Error('the trigger ended by itself');
      } catch (error) {
        if (signal.aborted) return;
        if (clock.monotonic() - beganAt > SETTLED_MS) failures = 0;
        if (!(error instanceof NotOurs)) this.#say(error, masker, failures);
        await sleep(clock, drawnBackOffMs(failures, this.#services.random), signal);
      }
    }
  }

  /** One run, which ends with everything that it has begun. */
  async #once(masker: Masker): Promise<void> {
    const { signal } = this.#stopped;
    const ended = new AbortController();
    const services = this.#services;
    const properties = secretProperties(services, this.target, masker);
    const delivery = new Delivery(services, this.target, ended.signal);
    const context = {
      services,
      delivery,
      report: this.#report,
      store: this.#store,
      masker,
      signal: ended.signal,
    };
    // Not by AbortSignal.any: what it makes is kept for ever where neither signal comes, as after a simulated kill.
    const onStopped = (): void => ended.abort(signal.reason);
    signal.addEventListener('abort', onStopped, { once: true });
    try {
      await runKind(context, this.target, properties);
    } finally {
      signal.removeEventListener('abort', onStopped);
      ended.abort(new Error('the run of the trigger has ended'));
    }
  }

  #say(error: unknown, masker: Masker, failures: number): void {
    const { clock, logger } = this.#services;
    const message = masker.text(error instanceof Error ? error.message : String(error));
    const fields = { trigger: this.target.key };
    if (error instanceof ConnectionMissing) {
      if (failures === 0) logger.warn(fields, `WAITING: ${message}`);
      this.#report.state('WAITING', message);
    } else {
      logger.error(fields, `A trigger failed, and is tried again: ${message}`);
      this.#report.failed(message, clock.now());
    }
  }
}

type Common = Omit<RunContext<'clock'>, 'target'>;

function runKind(context: Common, target: TriggerTarget, properties: RunProperties): Promise<void> {
  const { trigger, ...rest } = target;
  switch (trigger.kind) {
    case 'clock':
      return runClock({ ...context, target: { ...rest, trigger } }, properties);
    case 'poll':
      return runPoll({ ...context, target: { ...rest, trigger } }, properties);
    case 'stream':
      return runStream({ ...context, target: { ...rest, trigger } }, properties);
    case 'request':
      throw new Error('requests are served by the api role');
  }
}

type RunProperties = Parameters<typeof runClock>[1];
