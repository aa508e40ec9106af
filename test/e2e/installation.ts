/** Roles as processes on the run's Kafka, and what a person has beside them: flow files, commands, consumers. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { kafkaBrokers } from '../services/kafka.ts';
import { PublicRecords } from './public-records.ts';
import { RoleProcess } from './role-process.ts';

const command = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));
const run = promisify(execFile);

export class Installation {
  readonly name: string;
  readonly brokers: string;
  /** Of its topics, unique. */
  readonly prefix: string;
  readonly processes: RoleProcess[] = [];
  readonly #beganAt = performance.now();
  readonly #folder: string;
  readonly #tails: PublicRecords[] = [];

  private constructor(name: string, brokers: string, folder: string) {
    this.name = name;
    this.brokers = brokers;
    this.prefix = `${name}-${randomUUID().slice(0, 8)}.`;
    this.#folder = folder;
  }

  /** With these flow files by name; nothing runs yet. */
  static async make(name: string, flows: Readonly<Record<string, string>>): Promise<Installation> {
    const brokers = await kafkaBrokers();
    const folder = await mkdtemp(path.join(tmpdir(), `millrace-${name}-`));
    const made = new Installation(name, brokers, folder);
    await Promise.all(Object.entries(flows).map(([file, text]) => made.write(file, text)));
    return made;
  }

  /** A flow file, deployed by {@link apply}. */
  async write(file: string, text: string): Promise<void> {
    await writeFile(path.join(this.#folder, file), text);
  }

  /** A process with these roles, ready. */
  async start(
    name: string,
    roles: string,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<RoleProcess> {
    const process = await RoleProcess.start({
      name,
      roles,
      environment: {
        MILLRACE_KAFKA__BROKERS: this.brokers,
        MILLRACE_KAFKA__PREFIX: this.prefix,
        MILLRACE_EXECUTOR__CHECKPOINT_INTERVAL: '5s',
        MILLRACE_WORKER__GROUPS: 'default',
        MILLRACE_PLUGIN__HTTP__ALLOW: '127.0.0.1',
        ...extra,
      },
    });
    this.processes.push(process);
    return process;
  }

  /** What a command against a process of the api role prints. @throws when it does not end with 0. */
  async command(api: RoleProcess, ...args: readonly string[]): Promise<string> {
    const { stdout } = await run(process.execPath, [command, ...args, '--server', api.origin]);
    return stdout.trim();
  }

  /** Deploys the flow files. */
  async apply(api: RoleProcess): Promise<void> {
    this.say((await this.command(api, 'apply', this.#folder)).replaceAll('\n', '; '));
  }

  async tail(): Promise<PublicRecords> {
    const records = new PublicRecords(this.brokers, this.prefix);
    this.#tails.push(records);
    await records.start();
    return records;
  }

  /** Into the test's output, with the seconds since the beginning. */
  say(text: string): void {
    const elapsed = ((performance.now() - this.#beganAt) / 1_000).toFixed(1);
    process.stderr.write(`${this.name} ${elapsed.padStart(6)} s: ${text}\n`);
  }

  /** For a failed test: what the processes said, in files that stay. */
  keepOutputs(): void {
    for (const process of this.processes) {
      this.say(`${process.name} said ${process.keepOutput()}`);
    }
  }

  async remove(): Promise<void> {
    await Promise.all(this.#tails.map((tail) => tail.stop()));
    await Promise.all(this.processes.map((process) => process.remove()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}
