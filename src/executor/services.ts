import type { Definitions } from '../engine/definitions.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Logger } from '../ports/logger.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { CarefulTurn } from './careful.ts';
import type { DispatchBalance } from './dispatch-balance.ts';
import type { FlowFollower } from './flow-follower.ts';
import type { LiveBytes } from './live-bytes.ts';
import type { Readings } from './readings.ts';
import type { ExecutorSettings } from './settings.ts';
import type { Turns } from './turns.ts';
import type { WorkersWatch } from './workers-watch.ts';

/** What the partitions of an executor share. */
export interface Services {
  readonly log: Log;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly settings: ExecutorSettings;
  /** This executor in the log, for people. */
  readonly member: string;
  readonly definitions: Definitions;
  readonly flows: FlowFollower;
  readonly workers: WorkersWatch;
  readonly readings: Readings;
  readonly balance: DispatchBalance;
  readonly live: LiveBytes;
  readonly turns: Turns;
  readonly carefulTurn: CarefulTurn;
}
