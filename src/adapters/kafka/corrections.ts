import type * as KafkajsModule from 'kafkajs';
import { FatalError } from '../../model/errors.ts';
import { correctCodecs } from './corrections/codecs.ts';
import { correctCompactedBatches } from './corrections/compacted-batches.ts';
import { correctConnections } from './corrections/connections.ts';
import { correctCoordinators, countCoordinatorErrors } from './corrections/coordinators.ts';
import { KafkajsModules } from './corrections/module-cache.ts';
import { correctRequestFrame } from './corrections/request-frame.ts';
import { correctSockets } from './corrections/sockets.ts';
import { correctTimerLoop } from './corrections/timer-loop.ts';
import { correctReadCommitted } from './corrections/transactions.ts';
import type {
  BrokerClass,
  CorrectedConnectionPoolClass,
  CreateLogger,
} from './kafkajs-internals.ts';

/**
 * The only door to kafkajs. It carries our connections, TLS, SASL and consumer groups, and it is no
 * longer maintained (last release 2023), so its faults are corrected here, once, before anything is
 * loaded: its modules are CommonJS, and each takes the others from `require.cache`. Every
 * correction lies in a file of its own that says what the fault is, what shows it, and when it can
 * go. They reach below the public API and therefore stand for exactly one version.
 */
export const KAFKAJS_VERSION = '2.2.4';

/** Marks the module, since this file may be loaded more than once in a process (tests do). */
const CORRECTED = Symbol.for('millrace.kafkajs.corrected');

/** kafkajs's public API, corrected. */
export const kafkajs: typeof KafkajsModule = load();

/** The classes below its public API that cluster.ts is built on. */
export interface KafkajsInternals {
  readonly Broker: BrokerClass;
  readonly ConnectionPool: CorrectedConnectionPoolClass;
  readonly createLogger: CreateLogger;
}

export const internals: KafkajsInternals = loadInternals();

function load(): typeof KafkajsModule {
  const modules = new KafkajsModules();
  // package.json has a version, or npm would not have installed it.
  const { version } = modules.file('package.json') as { readonly version: string };
  checkVersion(version);
  if (!modules.isLoaded) correct(modules);
  const loaded = modules.file('index.js');
  if (!isCorrected(loaded)) {
    throw new FatalError(
      'kafkajs-uncorrected',
      'kafkajs was loaded before its corrections: import { kafkajs } from src/adapters/kafka/corrections.ts instead',
    );
  }
  // The package's types describe this module; the corrections change none of them.
  return loaded as typeof KafkajsModule;
}

function loadInternals(): KafkajsInternals {
  const { load } = new KafkajsModules();
  // The exports of these modules, as kafkajs-internals.ts has them from the source of the version
  // checked above.
  const loggers = load('loggers') as { readonly createLogger: CreateLogger };
  return {
    Broker: load('broker') as BrokerClass,
    ConnectionPool: load('network/connectionPool') as CorrectedConnectionPoolClass,
    createLogger: loggers.createLogger,
  };
}

/** @throws FatalError that says what to do with another version than the one corrected. */
export function checkVersion(version: string): void {
  if (version === KAFKAJS_VERSION) return;
  throw new FatalError(
    'kafkajs-version',
    `kafkajs ${version} is installed, but the corrections are for ${KAFKAJS_VERSION}: run npm install ` +
      `kafkajs@${KAFKAJS_VERSION} --save-exact, or go through src/adapters/kafka/corrections/ for the new version`,
  );
}

/**
 * The order matters: a module must be corrected before another one loads it and keeps a hold of it.
 */
function correct(modules: KafkajsModules): void {
  const coordinatorErrors = countCoordinatorErrors(modules);
  correctRequestFrame(modules);
  correctReadCommitted(modules);
  correctCompactedBatches(modules);
  correctSockets(modules);
  correctTimerLoop(modules);
  correctConnections(modules);
  correctCoordinators(modules, coordinatorErrors);
  correctCodecs(modules);
  const loaded = modules.file('index.js');
  if (typeof loaded === 'object' && loaded !== null) Object.assign(loaded, { [CORRECTED]: true });
}

function isCorrected(loaded: unknown): boolean {
  return typeof loaded === 'object' && loaded !== null && CORRECTED in loaded;
}
