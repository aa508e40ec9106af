import path from 'node:path';
import type { FlowFile } from '../flow/deployment.ts';
import { printDiagnostics, resultLine, type FileResult } from './deployments.ts';
import { isFlowFile, readFlowFiles } from './flow-files.ts';
import type { Terminal } from './terminal.ts';

export interface FlowWatchOptions {
  /** The folder, as the person named it. */
  readonly place: string;
  readonly terminal: Terminal;
  readonly deploy: (files: readonly FlowFile[]) => Promise<readonly FileResult[]>;
  /** What has been deployed, or shown as invalid, already. */
  readonly known: readonly FlowFile[];
}

/** An editor writes a file in several steps, and git many files: this long nothing must have happened, ms. */
const QUIET_MS = 100;

/**
 * Deploys flow files as they are saved, and says what changed. An invalid file is shown with what is wrong, once
 * for each text of it, and the last good revision of its flow stays. A file that is gone leaves its flow as it
 * is: nobody means to end a flow by renaming a file.
 *
 * One look at the folder at a time; what changes meanwhile is seen by the next.
 */
export class FlowWatch {
  readonly #options: FlowWatchOptions;
  #known: ReadonlyMap<string, string>;
  #timer: NodeJS.Timeout | undefined;
  #looking = Promise.resolve();
  #close: () => Promise<void> = () => Promise.resolve();

  private constructor(options: FlowWatchOptions) {
    this.#options = options;
    this.#known = textsOf(options.known);
  }

  /** Resolves when changes are noticed from now on. */
  static async start(options: FlowWatchOptions): Promise<FlowWatch> {
    const { watch } = await import('chokidar');
    const flowWatch = new FlowWatch(options);
    const { place, terminal } = options;
    const watcher = watch(path.resolve(terminal.folder, place), {
      ignoreInitial: true,
      ignored: /(?:^|[/\\])(?:\.[^./\\]|node_modules(?:[/\\]|$))/,
    });
    watcher.on('all', (_event, file) => {
      if (isFlowFile(file)) flowWatch.#soon();
    });
    watcher.on('error', (error) => {
      terminal.error(`${place} is no longer watched: ${String(error)}\n`);
    });
    await new Promise<void>((resolve) => watcher.once('ready', resolve));
    flowWatch.#close = () => watcher.close();
    // What was saved between the reading of `known` and now was seen by nobody.
    flowWatch.#soon();
    return flowWatch;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#close();
    await this.#looking;
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, QUIET_MS);
  }

  async #look(): Promise<void> {
    const { place, terminal } = this.#options;
    try {
      const files = await readFlowFiles(place, terminal.folder);
      await this.#deployChanged(files);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      terminal.error(`${place} was not deployed: ${message}\n`);
    }
  }

  async #deployChanged(files: readonly FlowFile[]): Promise<void> {
    const { terminal, deploy } = this.#options;
    const before = this.#known;
    this.#known = textsOf(files);
    const changed = new Set(
      files.filter(({ file, text }) => before.get(file) !== text).map(({ file }) => file),
    );
    for (const file of before.keys()) {
      if (!this.#known.has(file)) terminal.out(`gone      ${file}  (its flow stays deployed)\n`);
    }
    if (changed.size === 0) return;
    // All files take part, so that a flow that is now in two of them is seen.
    const results = (await deploy(files)).filter(({ file }) => changed.has(file));
    for (const result of results) terminal.out(`${resultLine(result, terminal.color)}\n`);
    printDiagnostics(results, terminal);
    if (results.some(({ kind }) => kind === 'invalid')) {
      terminal.error('The last good revision of each invalid flow stays.\n');
    }
  }
}

function textsOf(files: readonly FlowFile[]): ReadonlyMap<string, string> {
  return new Map(files.map(({ file, text }) => [file, text]));
}
