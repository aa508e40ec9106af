import { describe, expect, it, onTestFinished } from 'vitest';
import { PrometheusMetrics } from '../../../src/adapters/system/prometheus.ts';
import { ApiClient } from '../../../src/http/client/api-client.ts';
import { eventually } from '../../support/memory-ports.ts';
import { type ShellsOptions, startShells, type WiredShells } from '../../support/shells.ts';

const flow = {
  file: 'quick.yaml',
  text: `id: quick
namespace: demo
tasks: [{ id: said, type: log, message: hello }]
`,
};

async function started(options: ShellsOptions = {}): Promise<WiredShells> {
  const wired = await startShells(options);
  onTestFinished(() => wired.close());
  return wired;
}

async function run(client: ApiClient): Promise<{ readonly state: string }> {
  return client.request('POST', '/api/v1/executions/demo/quick', {
    query: { wait: '10s' },
    json: {},
  });
}

describe('all roles over one log', () => {
  it('run an execution from the request to the answer', async () => {
    const { url } = await started({ flows: [flow] });
    expect(await run(new ApiClient(url))).toMatchObject({ state: 'SUCCESS' });
  });

  it('are ready once they answer and own their partitions', async () => {
    const { shells } = await started();
    await eventually('readiness', () => shells.readiness() === undefined);
  });

  it('count the records that the log has taken', async () => {
    const metrics = new PrometheusMetrics({ processMetrics: false });
    const { url } = await started({ flows: [flow], metrics });
    await run(new ApiClient(url));
    const counted = async (topic: string): Promise<number> => {
      const line = `millrace_records_written_total{topic="${topic}"} `;
      const found = (await metrics.text()).split('\n').find((text) => text.startsWith(line));
      return Number(found?.slice(line.length) ?? 0);
    };
    expect(await counted('flows')).toBe(1);
    expect(await counted('starts')).toBe(1);
    // Four partitions opened, the execution's events beside them.
    expect(await counted('events')).toBe(4 + 3);
    await eventually('the public records', async () => (await counted('executions')) === 3);
  });
});

describe('a stop', () => {
  it('ends open streams, so that it need not wait for who looks on', async () => {
    const wired = await startShells({ flows: [flow] });
    const stream = await new ApiClient(wired.url).stream('/api/v1/events');
    const before = performance.now();
    await wired.close();
    expect(performance.now() - before).toBeLessThan(1_500);
    for await (const { event } of stream) expect(event).toBe('snapshot');
  });

  it('says first that it is not ready', async () => {
    const wired = await startShells();
    const closing = wired.close();
    expect(wired.shells.readiness()).toBe('stopping');
    await closing;
  });
});

describe('health', () => {
  it('is told on a port of its own', async () => {
    const { managementUrl } = await started({ settings: { managementPort: 0 } });
    const at = async (path: string): Promise<Response> =>
      fetch(managementUrl + path, { headers: { connection: 'close' } });
    expect((await at('/livez')).status).toBe(200);
    await eventually('readiness', async () => (await at('/readyz')).ok);
    expect(await (await at('/version')).json()).toMatchObject({ version: '0.0.0-test' });
  });

  it('is all that a process without the api role answers', async () => {
    const settings = { managementPort: 0 };
    const { url, managementUrl } = await started({ roles: ['executor'], settings });
    expect(url).toBe('');
    expect(managementUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });
});
