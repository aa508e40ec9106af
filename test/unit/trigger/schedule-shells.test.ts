import { expect, it, onTestFinished } from 'vitest';
import { ApiClient } from '../../../src/http/client/api-client.ts';
import { eventually } from '../../support/memory-ports.ts';
import { startShells } from '../../support/shells.ts';

interface Listed {
  readonly executions: readonly {
    readonly executionId: string;
    readonly state: string;
    readonly outputs?: unknown;
    readonly trigger: { readonly type: string; readonly id: string };
  }[];
}

const flow = `id: ticking
namespace: demo
inputs: [{ id: due, type: string }]
triggers:
  - id: tick
    type: schedule
    cron: '* * * * * *'
    inputs: { due: << trigger.date >> }
tasks: [{ id: say, type: output, values: { due: << inputs.due >> } }]
outputs: [{ id: due, type: string, value: << outputs.say.due >> }]
`;

it('a schedule of every second starts one execution a second in the whole product', async () => {
  const wired = await startShells({ flows: [{ file: 'ticking.yaml', text: flow }] });
  onTestFinished(() => wired.close());
  const client = new ApiClient(wired.url);
  const ended = await eventually('three executions', async () => {
    const { executions } = await client.request<Listed>('GET', '/api/v1/executions');
    const done = executions.filter(({ state }) => state === 'SUCCESS');
    return done.length >= 3 && done;
  });
  expect(ended[0]?.trigger).toMatchObject({ type: 'schedule', id: 'tick' });
  const dues = await Promise.all(
    ended.map(async ({ executionId }) => {
      const path = `/api/v1/executions/${executionId}`;
      const { outputs } = await client.request<{ readonly outputs: { readonly due: string } }>(
        'GET',
        path,
      );
      return Date.parse(outputs.due);
    }),
  );
  const sorted = dues.sort((one, other) => one - other);
  const steps = sorted.slice(1).map((dueMs, index) => dueMs - (sorted[index] ?? 0));
  expect(new Set(steps)).toEqual(new Set([1_000]));
});
