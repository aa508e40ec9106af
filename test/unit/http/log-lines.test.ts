/** Which lines a log shows, as a list and as a stream, and when it is complete. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { withFaults } from '../../../src/adapters/faults/faulty-log.ts';
import { ApiClient } from '../../../src/http/client/api-client.ts';
import { type ExecutionId, executionId } from '../../../src/model/ids.ts';
import { startShells } from '../../support/shells.ts';
import { clientAt, closeCluster, end, openCluster, read, say, start } from './log-cluster.ts';

beforeAll(openCluster);
afterAll(closeCluster);

describe('an execution whose last line comes late', () => {
  const flow = {
    file: 'quick.yaml',
    text: 'id: quick\nnamespace: demo\ntasks: [{ id: a, type: log, message: late }]\n',
  };

  async function ended(): Promise<{ id: ExecutionId; client: ApiClient; release: () => void }> {
    const releases: (() => void)[] = [];
    const wired = await startShells({
      flows: [flow],
      ports({ log, random, clock }) {
        const faulty = withFaults(log, { plan: {}, random, clock });
        for (let partition = 0; partition < log.partitions; partition += 1) {
          releases.push(faulty.faults.stall('logs', partition));
        }
        return { log: faulty };
      },
    });
    onTestFinished(() => wired.close());
    const client = new ApiClient(wired.url);
    const path = '/api/v1/executions/demo/quick';
    const { executionId: id } = await client.request<{ executionId: string }>('POST', path, {
      query: { wait: '10s' },
      json: {},
    });
    const release = (): void => {
      for (const go of releases) go();
    };
    return { id: executionId(id), client, release };
  }

  it('ends behind that line', async () => {
    const { id, client, release } = await ended();
    const following = read(client, id);
    // Much later than the end has been read.
    setTimeout(release, 500);
    expect(await following).toMatchObject({
      messages: ['late'],
      end: { state: 'SUCCESS', complete: true },
    });
  });

  it('is not waited for without end, and that is said', async () => {
    const { id, client, release } = await ended();
    expect(await read(client, id)).toMatchObject({
      messages: [],
      end: { state: 'SUCCESS', complete: false },
    });
    release();
  });
});

describe('shows only what is asked for', () => {
  let id: ExecutionId;

  beforeAll(async () => {
    id = await start('sleeper');
    for (let number = 0; number < 12_000; number += 1_000) {
      const all = Array.from({ length: 1_000 }, (_, n) => say(id, number + n, { level: 'debug' }));
      await Promise.all(all);
    }
    await say(id, 0, { run: 2, level: 'warn', timeMs: 1_000, text: 'warned' });
    await say(id, 1, { run: 2, level: 'error', timeMs: 2_000, text: 'failed' });
    await say(id, 12_000, { level: 'info', timeMs: 3_000, text: 'done' });
    await end(id);
  });

  it.each([
    [{ task: 'task_2' }, ['warned', 'failed']],
    [{ level: 'warn' }, ['warned', 'failed']],
    [{ level: 'info' }, ['warned', 'failed', 'done']],
    [{ since: '1970-01-01T00:00:02Z' }, ['failed', 'done']],
    [{ task: 'task_1', level: 'error' }, []],
  ])('%j, as a stream and bit by bit', async (query, wanted) => {
    expect((await read(clientAt(0), id, undefined, undefined, query)).messages).toEqual(wanted);
    const found: string[] = [];
    let after: string | undefined;
    let pages = 0;
    do {
      const body: { lines: { message: string }[]; next?: number } = await clientAt(0).request(
        'GET',
        `/api/v1/executions/${id}/logs`,
        { query: { ...query, after } },
      );
      found.push(...body.lines.map(({ message }) => message));
      after = body.next === undefined ? undefined : String(body.next);
      pages += 1;
    } while (after !== undefined);
    expect(found).toEqual(wanted);
    expect(pages).toBeGreaterThan(1);
  });

  it('and says what it cannot understand', async () => {
    for (const query of [{ level: 'loud' }, { since: 'yesterday' }]) {
      await expect(read(clientAt(0), id, undefined, 1, query)).rejects.toMatchObject({
        status: 400,
        code: 'query-invalid',
      });
    }
  });
});
