/**
 * A server in the foreground: `dev`, `start` and `serve`. Configuration → application → flows → requests, then it
 * waits for a signal and stops in order. Until it answers requests every problem ends the command with what to
 * do; afterwards problems are log lines.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config } from '../config/config.ts';
import type { FlowFile } from '../flow/deployment.ts';
import type { Application, Logger, LogThreshold, PortInUse, Role } from '../main.ts';
import { type ConfigFlags, readValidConfig } from './configuration.ts';
import { type FileResult, printDiagnostics } from './deployments.ts';
import { CommandEnd, exitCodes } from './exit.ts';
import { readFlowFiles } from './flow-files.ts';
import { FlowWatch } from './flow-watch.ts';
import { banner } from './format/banner.ts';
import { StopSignals } from './signals.ts';
import type { Terminal } from './terminal.ts';

export interface ServingOptions {
  readonly roles: ReadonlySet<Role>;
  readonly flags: ConfigFlags;
  readonly configFile: string | undefined;
  /** File or folder of flows to deploy at the start; undefined for none. */
  readonly flows: string | undefined;
  /** True: an invalid flow is shown and stays as it was. False: it ends the start. */
  readonly development: boolean;
  /** Deploy flow files as they are saved. */
  readonly watch: boolean;
  readonly logLevel: LogThreshold | undefined;
  /** The data folder goes with the process. */
  readonly ephemeral: boolean;
}

/** Between the first signal and the end, at most. */
const GRACE_MS = 30_000;
/** What is said of a start that fails need not be waited for as long. */
const FAILED_START_GRACE_MS = 5_000;

/** Runs until a signal; resolves when all is handed over. */
export async function serve(terminal: Terminal, options: ServingOptions): Promise<void> {
  const signals = new StopSignals();
  const folder = options.ephemeral ? await mkdtemp(path.join(tmpdir(), 'millrace-')) : undefined;
  const flags: ConfigFlags =
    folder === undefined
      ? options.flags
      : { ...options.flags, 'data.folder': { flag: '--ephemeral', value: folder } };
  try {
    const logger = await serverLogger(terminal, options);
    endOnFaults(logger);
    const running = await startOrAsk(terminal, { ...options, flags }, logger, signals);
    await signals.wait();
    sayStopping(terminal, logger);
    await running.stop(GRACE_MS);
    logger.info({}, 'Stopped');
  } finally {
    signals.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

interface Running {
  stop(graceMs: number): Promise<void>;
}

/** Starts; where a port is taken and a person is there, offers the next free one. */
async function startOrAsk(
  terminal: Terminal,
  options: ServingOptions,
  logger: Logger,
  signals: StopSignals,
): Promise<Running> {
  const { PortInUse } = await import('../main.ts');
  let { flags } = options;
  for (;;) {
    try {
      return await start(terminal, { ...options, flags }, logger, signals);
    } catch (error) {
      if (signals.asked.aborted) throw new CommandEnd(exitCodes.interrupted);
      if (!(error instanceof PortInUse) || error.freePort === undefined) throw error;
      const { port, freePort } = error;
      const answer = await terminal.ask?.(`Port ${port} is in use. Take ${freePort}? [Y/n] `);
      if (answer === undefined || /^\s*n/i.test(answer)) throw portInUse(error, freePort);
      flags = { ...flags, [error.key]: { flag: 'your answer', value: error.freePort } };
    }
  }
}

function portInUse(error: PortInUse, freePort: number): CommandEnd {
  const flag = error.key === 'http.port' ? '--port' : '--management-port';
  return new CommandEnd(exitCodes.failed, `${error.message} (${flag} ${freePort}).`);
}

async function start(
  terminal: Terminal,
  options: ServingOptions,
  logger: Logger,
  signals: StopSignals,
): Promise<Running> {
  const { compose } = await import('../main.ts');
  const { config } = await readValidConfig(terminal, options.flags, options.configFile);
  const files =
    options.flows === undefined ? [] : await readFlowFiles(options.flows, terminal.folder);
  const { roles } = options;
  const environment = terminal.environment;
  const application = await compose(config, { roles, logger, environment, signal: signals.asked });
  try {
    const watch = await open(application, { terminal, options, config, files });
    return {
      async stop(graceMs) {
        await watch?.close();
        await endWithin(application.stop({ graceMs }), graceMs, logger);
      },
    };
  } catch (error) {
    await application.stop({ graceMs: FAILED_START_GRACE_MS });
    throw error;
  }
}

interface Opening {
  readonly terminal: Terminal;
  readonly options: ServingOptions;
  readonly config: Config;
  readonly files: readonly FlowFile[];
}

async function open(
  application: Application,
  { terminal, options, config, files }: Opening,
): Promise<FlowWatch | undefined> {
  const deploy = (all: readonly FlowFile[]): Promise<readonly FileResult[]> =>
    application.deploy(all, { allOrNone: !options.development, by: 'the files of a process' });
  await application.start();
  const deployed = await deploy(files);
  printDiagnostics(deployed, terminal);
  const invalid = deployed.filter(({ kind }) => kind === 'invalid');
  if (invalid.length > 0 && !options.development) {
    throw new CommandEnd(exitCodes.failed, 'Nothing was deployed, since not every flow is valid.');
  }
  const addresses = await application.listen();
  const { registry } = application;
  terminal.out(banner({ terminal, config, addresses, registry, invalid, ...options }));
  if (!options.watch || options.flows === undefined) return undefined;
  return FlowWatch.start({ place: options.flows, terminal, deploy, known: files });
}

/** Readable for a person, one JSON object a line for whoever collects logs. */
async function serverLogger(terminal: Terminal, options: ServingOptions): Promise<Logger> {
  const { createLogger } = await import('../main.ts');
  const { errorIsTerminal, environment } = terminal;
  const color = errorIsTerminal && (environment['NO_COLOR'] ?? '') === '';
  // A person in development has the banner; what follows should be worth reading.
  const level = options.logLevel ?? (errorIsTerminal && options.development ? 'warn' : 'info');
  return createLogger({ level, format: errorIsTerminal ? 'readable' : 'json', color });
}

/** A fault that nobody caught leaves unknown state behind: better a new process, which has the log's. */
function endOnFaults(logger: Logger): void {
  const end = (error: unknown): void => {
    logger.error({ err: error, fatal: true }, 'A fault that nothing caught ends this process');
    process.exit(exitCodes.failed);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

function sayStopping(terminal: Terminal, logger: Logger): void {
  logger.info({}, 'Stopping: no new work, what is under way ends or is handed over');
  if (!terminal.errorIsTerminal) return;
  terminal.error(`\nStopping (at most ${GRACE_MS / 1_000} s; Ctrl-C again ends at once) …\n`);
}

/** Past its time the process ends all the same: the log has everything, and others wait for the place. */
async function endWithin(stopping: Promise<void>, graceMs: number, logger: Logger): Promise<void> {
  const late = setTimeout(() => {
    logger.error({ grace_ms: graceMs }, 'The stop took too long; what was under way is taken over');
    process.exit(exitCodes.failed);
  }, graceMs);
  await stopping;
  clearTimeout(late);
}
