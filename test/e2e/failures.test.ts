/** What an HTTP task comes to that does not succeed at once, by the real command on the embedded log. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Call, CallCounter } from './call-counter.ts';
import { MillraceFolder } from './millrace-folder.ts';

let counter: CallCounter;
let millrace: MillraceFolder;
let flaky: readonly Call[];
let declined: readonly Call[];
let broken: readonly Call[];

const retry = '{ type: constant, interval: 50ms, maxAttempts: 3 }';

beforeAll(async () => {
  counter = await CallCounter.start();
  millrace = await MillraceFolder.make({ MILLRACE_PLUGIN__HTTP__ALLOW: '127.0.0.1' });
  flaky = write('flaky', counter.script('/flaky', 500, 500, 200));
  declined = write('declined', counter.script('/declined', 402, 200));
  broken = write('broken', counter.script('/broken', 503));
  await millrace.start();
});

afterAll(async () => {
  await millrace.remove();
  await counter.stop();
});

/** A flow that charges at this address. */
function write(id: string, { url, made }: ReturnType<CallCounter['script']>): readonly Call[] {
  millrace.write(
    `flows/${id}.yaml`,
    `id: ${id}
namespace: shop
tasks:
  - { id: charge, type: http.request, method: POST, uri: "${url}", retry: ${retry} }
  - { id: thanks, type: log, message: charged }
errors:
  - { id: alarm, type: log, level: error, message: "<< error.taskId >> gave << error.outputs.status >>" }
finally:
  - { id: done, type: log, message: "it is << execution.state >>" }
outputs:
  - { id: status, type: int, value: << outputs.charge.status >> }
`,
  );
  return made;
}

interface Execution {
  readonly executionId: string;
  readonly state: string;
  readonly outputs: unknown;
  readonly error: unknown;
  readonly taskRuns: readonly {
    readonly task: string;
    readonly state: string;
    readonly attempt: number;
  }[];
}

/** Runs of the flow's tasks as `task state attempt`. */
function runsOf({ taskRuns }: Execution): readonly string[] {
  return taskRuns.map(({ task, state, attempt }) => `${task} ${state} ${attempt}`);
}

async function logOf({ executionId }: Execution): Promise<string> {
  return (await millrace.run('executions', 'logs', executionId)).stdout;
}

describe('a task that calls', () => {
  it('is repeated under one key while nobody knows whether it was done', async () => {
    const ended = await millrace.json<Execution>('run', 'shop/flaky', '--wait');
    expect(ended).toMatchObject({ state: 'SUCCESS', outputs: { status: 200 } });
    expect(runsOf(ended)).toEqual(['charge SUCCESS 3', 'thanks SUCCESS 1', 'done SUCCESS 1']);
    expect(flaky.map(({ status }) => status)).toEqual([500, 500, 200]);
    expect(new Set(flaky.map(({ key }) => key)).size).toBe(1);
    expect(flaky[0]?.key).toMatch(/^millrace-.+-1$/);

    const { stdout } = await millrace.run('events', 'tail', ended.executionId);
    const failed = stdout.split('\n').filter((line) => line.includes('http.status'));
    expect(failed.length).toBeGreaterThanOrEqual(2);
    expect(await logOf(ended)).toContain('it is SUCCESS');
  });

  it('has another key after an answer that says that nothing was done', async () => {
    const ended = await millrace.json<Execution>('run', 'shop/declined', '--wait');
    expect(ended.state).toBe('SUCCESS');
    expect(runsOf(ended)).toContain('charge SUCCESS 2');
    expect(declined.map(({ status }) => status)).toEqual([402, 200]);
    const [first, second] = declined.map(({ key }) => key);
    expect(first).toMatch(/-1$/);
    expect(second).toBe(first?.replace(/-1$/, '-2'));
  });

  it('fails its flow after its last attempt: errors, then finally, and a message that says what', async () => {
    const { code, stdout, stderr } = await millrace.run('run', 'shop/broken', '--wait', '--json');
    expect(code).toBe(1);
    expect(stderr).toMatch(/FAILED: task charge: .*\b503\b/);
    expect(broken.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(new Set(broken.map(({ key }) => key)).size).toBe(1);

    // What the command prints of an execution.
    const ended = JSON.parse(stdout) as Execution;
    expect(ended.state).toBe('FAILED');
    expect(ended.error).toMatchObject({ taskId: 'charge', code: 'http.status' });
    expect(runsOf(ended)).toEqual(['charge FAILED 3', 'alarm SUCCESS 1', 'done SUCCESS 1']);
    const log = await logOf(ended);
    expect(log).toMatch(/charge gave 503[\s\S]*it is FAILED/);
  });
});
