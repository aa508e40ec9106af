import type { Logger } from '../../src/ports/logger.ts';
import type { MetricLabels, MetricName, Metrics } from '../../src/ports/metrics.ts';

/** What has to happen in some of the seeds: a fault that never strikes tests nothing. */
export const sights = [
  'a process dies before an append',
  'a process dies after an append',
  'a process dies before a send',
  'a process dies after a send',
  'a process is killed',
  'a process stops in order',
  'an executor stands still for longer than its session',
  'a worker stands still for longer than its session',
  'a former owner is fenced',
  'a record of a former owner is ignored',
  'a partition is opened anew on purpose',
  'inputs are taken one by one',
  'an input that ends its process is failed',
  'a restore begins at a checkpoint',
  'an effect is repeated after a restore',
  'a public record is repeated',
  'a command is held for its start',
  'a start is repeated',
  'a start has a key that is known',
  'a keyed start is forwarded',
  'a lease of a gone worker is handed out again',
  'a stale dispatch is handed out again',
  'a dispatch is read twice by a worker',
  'a result comes too late',
  'an agenda is continued',
  'an effect is refused for good',
  'an expression is evaluated by a worker',
  'a loop gets a page of its values',
  'a flow has changed when an execution of it ends',
  'checkpoints are compacted',
  'events expire',
  'views go on where they were',
  'a sender is told to come again',
  'a trigger process stands still for longer than its session',
  'a clock is set',
  'triggers are taken over',
  'a state of a former owner of triggers is ignored',
  'a due time is fired by a second owner',
  'a due time is missed',
  'a record of a topic is read again',
  'a record of a topic is started by a second process',
  'a record of a topic is filtered',
  'a record of a topic cannot be read',
] as const;

export type Sight = (typeof sights)[number];

const duplicates: Readonly<Record<string, Sight>> = {
  'start-repeated': 'a start is repeated',
  'dispatch-superseded': 'a result comes too late',
  dispatch: 'a dispatch is read twice by a worker',
};

/**
 * Watches the processes of one history: what their metrics and logs tell of what happened to them, and every
 * error that they log, since in a history that holds there is none but those that the world has planned.
 */
export class Witness {
  readonly seen = new Map<Sight, number>();
  readonly problems: string[] = [];

  saw(sight: Sight, times = 1): void {
    if (times > 0) this.seen.set(sight, (this.seen.get(sight) ?? 0) + times);
  }

  metrics(): Metrics & { text(): Promise<string> } {
    return {
      count: (name, labels, amount) => this.#counted(name, labels ?? {}, amount ?? 1),
      gauge: () => undefined,
      observe: () => undefined,
      text: () => Promise.resolve(''),
    };
  }

  /** @param isUp whether the process is alive: what a dead one still says, nobody hears. */
  logger(process: string, isUp: () => boolean): Logger {
    const logger: Logger = {
      debug: () => undefined,
      info: (fields) => this.#restored(fields),
      warn: () => undefined,
      error: (fields, message) => {
        if (isUp() && !isPlanned(message))
          this.problems.push(`${process}: ${message}${told(fields)}`);
      },
      child: () => logger,
    };
    return logger;
  }

  #counted(name: MetricName, { kind = '', reason = '' }: MetricLabels, amount: number): void {
    if (name === 'millrace_duplicates_total') {
      const sight = duplicates[kind];
      if (sight !== undefined) this.saw(sight, amount);
    }
    if (name === 'millrace_partition_lost_total' && reason === 'fenced') {
      this.saw('a former owner is fenced', amount);
    }
    if (name === 'millrace_partition_opened_total' && reason === 'reopened') {
      this.saw('a partition is opened anew on purpose', amount);
    }
    if (name === 'millrace_effects_refused_total')
      this.saw('an effect is refused for good', amount);
  }

  #restored(fields: Readonly<Record<string, unknown>>): void {
    if (fields['checkpoint'] !== undefined) this.saw('a restore begins at a checkpoint');
    const repeated = fields['repeated_effects'];
    if (typeof repeated === 'number') this.saw('an effect is repeated after a restore', repeated);
  }
}

/** An input that ends its process is failed in the end, and says so; see `Lethal`. */
function isPlanned(message: string): boolean {
  return message.startsWith('an input could not be processed');
}

function told({ err }: Readonly<Record<string, unknown>>): string {
  return err instanceof Error ? `: ${err.stack ?? err.message}` : '';
}
