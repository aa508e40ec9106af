/** A process of `millrace serve`, started and ended as an operator would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/memory-ports.ts';
import { freePorts } from '../services/ports.ts';

const command = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));

export interface RoleProcessOptions {
  readonly name: string;
  readonly roles: string;
  readonly environment: Readonly<Record<string, string>>;
}

export class RoleProcess {
  readonly name: string;
  readonly origin: string;
  readonly #managementPort: number;
  readonly #options: RoleProcessOptions;
  readonly #folder: string;
  readonly #port: number;
  #child: ChildProcess | undefined;
  #output = '';

  private constructor(options: RoleProcessOptions, port: number, managementPort: number) {
    this.name = options.name;
    this.#options = options;
    this.#port = port;
    this.#managementPort = managementPort;
    this.origin = `http://127.0.0.1:${port}`;
    this.#folder = mkdtempSync(path.join(tmpdir(), `millrace-${options.name}-`));
  }

  static async start(options: RoleProcessOptions): Promise<RoleProcess> {
    const [port = 0, managementPort = 0] = await freePorts(2);
    const started = new RoleProcess(options, port, managementPort);
    started.spawn();
    await started.ready();
    return started;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Everything it has said, as JSON lines. */
  get output(): string {
    return this.#output;
  }

  /** Starts it (again), on its ports and its folder. */
  spawn(): void {
    const { roles, environment } = this.#options;
    const child = spawn(process.execPath, [command, 'serve', '--roles', roles], {
      cwd: this.#folder,
      env: {
        ...process.env,
        ...environment,
        MILLRACE_DATA__FOLDER: path.join(this.#folder, 'data'),
        MILLRACE_HTTP__PORT: String(this.#port),
        MILLRACE_MANAGEMENT__PORT: String(this.#managementPort),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
    this.#child = child;
  }

  /** Writes what it has said to a file that stays; its path. */
  keepOutput(): string {
    const file = path.join(tmpdir(), `millrace-${this.name}-${this.pid}.log`);
    writeFileSync(file, this.#output);
    return file;
  }

  async ready(): Promise<void> {
    const url = `http://127.0.0.1:${this.#managementPort}/readyz`;
    await eventually(
      `${this.name} to be ready`,
      async () => {
        if (typeof this.#child?.exitCode === 'number')
          throw new Error(`${this.name} ended: ${this.#output}`);
        return fetch(url, { headers: { connection: 'close' } }).then(
          ({ ok }) => ok,
          () => false,
        );
      },
      60_000,
    );
  }

  /** The sum of a counter's samples that have these labels, by its metrics page. */
  async counter(name: string, labels: Readonly<Record<string, string>>): Promise<number> {
    const url = `http://127.0.0.1:${this.#managementPort}/metrics`;
    const text = await (await fetch(url, { headers: { connection: 'close' } })).text();
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && wanted.every((pair) => line.includes(pair)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  get hasEnded(): boolean {
    return typeof this.#child?.exitCode === 'number' || this.#child?.signalCode !== null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** SIGKILL, and its end. */
  async kill(): Promise<void> {
    await this.#endBy('SIGKILL');
  }

  /** SIGTERM; the exit code. */
  async stop(): Promise<number | null> {
    return this.#endBy('SIGTERM');
  }

  async #endBy(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      return child?.exitCode ?? null;
    }
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    return exit;
  }

  /** Ends it for good and removes its folder. */
  async remove(): Promise<void> {
    // A stopped process does not take any other signal.
    this.signal('SIGCONT');
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
