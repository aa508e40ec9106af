import type { LogProducer } from '../ports/log.ts';
import type { DecisionBook } from '../trigger/decision-book.ts';
import type { Starter } from '../trigger/starter.ts';
import type { Impure } from '../trigger/trigger-properties.ts';
import type { HttpOptions } from './options.ts';
import { Problem, unavailable } from './problem.ts';
import type { OpenStreams } from './sse.ts';
import { within } from './within.ts';

/** What the routes share. */
export interface HttpServices {
  readonly options: HttpOptions;
  readonly starter: Starter;
  /** For everything but starts. */
  readonly producer: LogProducer;
  readonly decisions: DecisionBook;
  readonly streams: OpenStreams;
  /** `secret` and `env` for the properties of triggers. */
  readonly impure: Impure;
  /** Aborts when the process stops: then nobody waits any longer. */
  readonly stopping: AbortSignal;
}

/** How long a request waits for the log or the views to answer. */
const ANSWER_MS = 5_000;

/**
 * Resolves when the views have everything that was read so far.
 *
 * @throws {@link Problem} 503 when they cannot be written.
 */
export function freshViews({ options }: HttpServices): Promise<void> {
  return within(
    options.clock,
    ANSWER_MS,
    () => options.indexer.flush(),
    () =>
      new Problem(503, 'views-unavailable', 'The views cannot be written at the moment', {
        retryAfterSeconds: 5,
      }),
  );
}

/** Asks the log. @throws {@link Problem} 503 when it does not answer in time. */
export function askLog<Answer>(
  { options }: { readonly options: Pick<HttpOptions, 'clock'> },
  question: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  return within(options.clock, ANSWER_MS, question, () =>
    unavailable('The log cannot be reached; ask again'),
  );
}
