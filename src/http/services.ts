import type { Scope } from '../expression/index.ts';
import type { LogProducer } from '../ports/log.ts';
import type { EndLookup } from './finished.ts';
import type { HttpOptions } from './options.ts';
import type { OpenStreams } from './sse.ts';
import type { Starter } from './starter.ts';

/** What the routes share. */
export interface HttpServices {
  readonly options: HttpOptions;
  readonly starter: Starter;
  /** For everything but starts. */
  readonly producer: LogProducer;
  readonly streams: OpenStreams;
  /** `secret` and `env` for the properties of triggers. */
  readonly impure: NonNullable<Scope['impure']>;
  readonly endOf: EndLookup;
}
