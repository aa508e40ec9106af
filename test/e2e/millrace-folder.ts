/** A folder with flows in which `millrace` is used as a person would: servers in it, commands beside them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../services/ports.ts';
import { eventually } from '../support/memory-ports.ts';

const command = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Environment = Readonly<Record<string, string>>;

export class MillraceFolder {
  readonly folder: string;
  readonly port: number;
  readonly managementPort: number;
  readonly #environment: Environment;
  readonly #servers = new Set<Server>();

  private constructor(ports: readonly number[], environment: Environment) {
    const [port = 0, managementPort = 0] = ports;
    this.folder = mkdtempSync(path.join(tmpdir(), 'millrace-first-'));
    this.port = port;
    this.managementPort = managementPort;
    this.#environment = environment;
    mkdirSync(path.join(this.folder, 'flows'));
  }

  static async make(environment: Environment = {}): Promise<MillraceFolder> {
    return new MillraceFolder(await freePorts(2), environment);
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  write(file: string, text: string): void {
    writeFileSync(path.join(this.folder, file), text);
  }

  /** Starts a server without waiting for anything. */
  spawn(args: readonly string[], environment: Environment = {}): Server {
    const server = new Server(this.#spawn(args, environment));
    this.#servers.add(server);
    return server;
  }

  /** `millrace start` (or another word), ready. */
  async start(args: readonly string[] = ['start']): Promise<Server> {
    const server = this.spawn(args);
    await eventually(
      'the server to be ready',
      async () => {
        if (server.hasEnded) throw new Error(`it ended: ${server.stdout}${server.stderr}`);
        const url = `http://127.0.0.1:${this.managementPort}/readyz`;
        return fetch(url, { headers: { connection: 'close' } }).then(
          ({ ok }) => ok,
          () => false,
        );
      },
      60_000,
    );
    // Ready is said a moment before the lines are printed.
    await eventually('its first lines', () => server.stdout.includes('events tail'));
    return server;
  }

  /** Runs a command to its end. */
  async run(...args: readonly string[]): Promise<Ended> {
    return this.spawn(args).ended;
  }

  /** Runs a command that prints JSON and ends well. */
  async json<Body>(...args: readonly string[]): Promise<Body> {
    const { code, stdout, stderr } = await this.run(...args, '--json');
    if (code !== 0) throw new Error(`millrace ${args.join(' ')} ended with ${code}: ${stderr}`);
    // The tests look at what they need of it.
    return JSON.parse(stdout) as Body;
  }

  async post(
    target: string,
    body: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly answer: Answer }> {
    const response = await fetch(this.origin + target, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close', ...headers },
      body,
    });
    // As above.
    return { status: response.status, answer: (await response.json()) as Answer };
  }

  async page(target: string): Promise<string> {
    const response = await fetch(this.origin + target, { headers: { connection: 'close' } });
    return response.text();
  }

  /** The process that has the embedded log, as a person finds it. */
  get holder(): number {
    return Number(readFileSync(path.join(this.folder, '.millrace/log.sqlite.pid'), 'utf8'));
  }

  async remove(): Promise<void> {
    for (const server of this.#servers) await server.end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(args: readonly string[], environment: Environment): ChildProcess {
    return spawn(process.execPath, [command, ...args], {
      cwd: this.folder,
      env: {
        ...process.env,
        MILLRACE_HTTP__PORT: String(this.port),
        MILLRACE_MANAGEMENT__PORT: String(this.managementPort),
        MILLRACE_SERVER: this.origin,
        ...this.#environment,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
}

export interface Answer {
  readonly executionId: string;
  readonly state: string;
  readonly code?: string;
  readonly detail?: string;
}

/** One process of the command and what it has said. */
export class Server {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  stdout = '';
  stderr = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(signal: NodeJS.Signals): Promise<Ended> {
    if (!this.hasEnded) this.signal(signal);
    return this.ended;
  }
}
