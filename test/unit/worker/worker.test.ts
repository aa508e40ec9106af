import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isReference } from '../../../src/model/reference.ts';
import { TaskFailure } from '../../../src/plugin/index.ts';
import { eventually } from '../../support/memory-ports.ts';
import { Gate, WorkerFixture } from './worker-fixture.ts';

let fixture: WorkerFixture;

beforeEach(async () => {
  fixture = await WorkerFixture.open();
});

afterEach(async () => {
  await fixture.close();
});

describe('a dispatch', () => {
  it('becomes a result with outputs and the dispatch it answers', async () => {
    await fixture.worker({
      'test.work': ({ value }, context) =>
        Promise.resolve({ value: value ?? null, key: context.idempotencyKey }),
    });
    const dispatch = fixture.dispatch({ properties: { value: { a: [1] } }, dispatch: 3 });
    await fixture.send(dispatch);
    expect(await fixture.result(dispatch)).toMatchObject({
      dispatch: 3,
      result: { state: 'SUCCESS', outputs: { value: { a: [1] }, key: dispatch.idempotencyKey } },
    });
  });

  it('fails as the task says, with what it gives', async () => {
    await fixture.worker({
      'test.work': () => {
        throw new TaskFailure('test.declined', 'declined', {
          outcome: 'definite',
          outputs: { status: 402 },
          details: { status: 402 },
        });
      },
    });
    const dispatch = fixture.dispatch();
    await fixture.send(dispatch);
    expect((await fixture.result(dispatch)).result).toEqual({
      state: 'FAILED',
      outcome: 'definite',
      error: { code: 'test.declined', message: 'declined', details: { status: 402 } },
      outputs: { status: 402 },
    });
  });

  it('has an unknown outcome when the task breaks', async () => {
    await fixture.worker({
      'test.work': () => {
        throw new TypeError('x is not a function');
      },
    });
    const dispatch = fixture.dispatch();
    await fixture.send(dispatch);
    expect((await fixture.result(dispatch)).result).toMatchObject({
      state: 'FAILED',
      outcome: 'unknown',
      error: { code: 'task-failed', message: 'x is not a function' },
    });
  });

  it('of an unknown type fails and names type and worker group', async () => {
    await fixture.worker({});
    const dispatch = fixture.dispatch({ taskType: 'no.such' });
    await fixture.send(dispatch);
    const { result } = await fixture.result(dispatch);
    expect(result).toMatchObject({ outcome: 'definite', error: { code: 'task-type-unknown' } });
    expect(JSON.stringify(result)).toContain('worker group default has no plugin for no.such');
  });

  it('with properties that do not fit is not begun', async () => {
    const gate = new Gate();
    await fixture.worker({ 'test.work': gate.run });
    for (const properties of [{ text: 5 }, { txt: 'a' }]) {
      const dispatch = fixture.dispatch({ properties });
      await fixture.send(dispatch);
      expect((await fixture.result(dispatch)).result).toMatchObject({
        outcome: 'definite',
        error: { code: 'properties.invalid' },
      });
    }
    expect(gate.started).toBe(0);
  });

  it('that cannot be decoded goes to dlq, and the next is run', async () => {
    await fixture.worker({ 'test.work': () => Promise.resolve({}) });
    await fixture.produce('tasks.default', 0, { key: 'x', value: '{broken' });
    const dispatch = fixture.dispatch();
    await fixture.send(dispatch);
    await fixture.result(dispatch);
    const letter = await eventually('a dead letter', () => fixture.records('dlq')[0]);
    expect(letter.value).toContain('{broken');
  });
});

describe('repeats', () => {
  it('of a running or finished dispatch run once', async () => {
    const gate = new Gate();
    await fixture.worker({ 'test.work': gate.run });
    const dispatch = fixture.dispatch();
    const marker = fixture.dispatch();
    await fixture.send(dispatch);
    await eventually('the task to start', () => gate.started === 1);
    await fixture.send(dispatch);
    gate.open();
    await fixture.result(dispatch);
    await fixture.send(dispatch);
    await fixture.send(marker);
    await fixture.result(marker);
    expect(gate.started).toBe(2);
  });

  it('with a higher dispatch replace the one that runs', async () => {
    const gate = new Gate();
    await fixture.worker({ 'test.work': gate.run });
    const first = fixture.dispatch();
    await fixture.send(first);
    await eventually('the task to start', () => gate.started === 1);
    const second = { ...first, dispatch: 2 };
    await fixture.send(second);
    await eventually('the second to start', () => gate.started === 2);
    expect(gate.signals[0]?.aborted).toBe(true);
    gate.open();
    await fixture.result(second);
    expect(fixture.commands().filter(({ type }) => type === 'task.finished')).toHaveLength(1);
  });
});

describe('a cancel', () => {
  it('interrupts the task, which reports KILLED', async () => {
    const gate = new Gate();
    await fixture.worker({ 'test.work': gate.run });
    const dispatch = fixture.dispatch();
    await fixture.send(dispatch);
    await eventually('the task to start', () => gate.started === 1);
    await fixture.cancel(dispatch);
    expect((await fixture.result(dispatch)).result.state).toBe('KILLED');
  });

  it('of another dispatch leaves it alone', async () => {
    const gate = new Gate();
    await fixture.worker({ 'test.work': gate.run });
    const dispatch = fixture.dispatch({ dispatch: 2 });
    await fixture.send(dispatch);
    await eventually('the task to start', () => gate.started === 1);
    await fixture.cancel({ ...dispatch, dispatch: 1 });
    gate.open();
    expect((await fixture.result(dispatch)).result.state).toBe('SUCCESS');
  });
});

describe('a task longer than a second', () => {
  it('takes a lease and is named in heartbeats; only then its offset moves on', async () => {
    const gate = new Gate();
    const worker = await fixture.worker({ 'test.work': gate.run });
    const dispatch = fixture.dispatch();
    await fixture.send(dispatch);
    const lease = await fixture.lease(dispatch);
    await eventually('a heartbeat with the lease', () =>
      fixture.heartbeats().some(({ leases }) => leases[0]?.taskRun === dispatch.taskRun),
    );
    expect(fixture.heartbeats().at(-1)?.worker).toBe(lease.worker);
    await worker.stop({ graceMs: 0 });
    // The next member begins behind the leased dispatch: the executor hands it out again, nobody else.
    expect(fixture.heartbeats().at(-1)).toMatchObject({ leaving: true, worker: lease.worker });
    const again = new Gate();
    const marker = fixture.dispatch();
    await fixture.worker({ 'test.work': again.run });
    again.open();
    await fixture.send(marker);
    await fixture.result(marker);
    expect(again.started).toBe(1);
  });
});

describe('a worker that stops', () => {
  it('lets short tasks end within the grace time', async () => {
    const gate = new Gate();
    const worker = await fixture.worker({ 'test.work': gate.run });
    const dispatch = fixture.dispatch();
    await fixture.send(dispatch);
    await eventually('the task to start', () => gate.started === 1);
    const stopped = worker.stop({ graceMs: 5_000 });
    gate.open();
    await stopped;
    expect((await fixture.result(dispatch)).result.state).toBe('SUCCESS');
  });

  it('hands back what was not leased: another member reads it again', async () => {
    const gate = new Gate();
    const worker = await fixture.worker({ 'test.work': gate.run });
    const dispatch = fixture.dispatch();
    await fixture.send(dispatch);
    await eventually('the task to start', () => gate.started === 1);
    await worker.stop({ graceMs: 0 });
    expect(fixture.commands()).toEqual([]);
    const other = new Gate();
    other.open();
    await fixture.worker({ 'test.work': other.run });
    expect((await fixture.result(dispatch)).result.state).toBe('SUCCESS');
  });
});

describe('secrets', () => {
  const secret = 'p4ss"wörd/+';
  const secrets = { get: (name: string) => (name === 'TOKEN' ? secret : undefined) };
  const deferred = [
    { path: ['value', 'auth'], template: "Bearer << secret('TOKEN') >>", context: {} },
  ];

  it('reach the task and never a record', async () => {
    let seen: unknown;
    await fixture.worker(
      {
        'test.work': ({ value }, context) => {
          seen = value;
          context.log('info', `sent ${JSON.stringify(value)}`);
          context.log('info', Buffer.from(`user:${secret}`).toString('base64'));
          return Promise.resolve({ echo: value ?? null, url: encodeURIComponent(secret) });
        },
      },
      { secrets },
    );
    const dispatch = fixture.dispatch({ properties: { value: { b: 1 } }, deferred });
    await fixture.send(dispatch);
    expect((await fixture.result(dispatch)).result).toMatchObject({
      outputs: { echo: { b: 1, auth: 'Bearer ***' }, url: '***' },
    });
    expect(seen).toEqual({ b: 1, auth: `Bearer ${secret}` });
    await eventually('the log lines', () => fixture.records('logs').length === 2);
    const written = fixture.everythingWritten();
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), 'cDRzcyJ', 'p4ss']) {
      expect(written).not.toContain(form);
    }
  });

  it('are masked in errors', async () => {
    await fixture.worker(
      {
        'test.work': () => {
          throw new TaskFailure('test.bad', `rejected ${secret}`, {
            outcome: 'definite',
            details: { header: secret },
          });
        },
      },
      { secrets },
    );
    const dispatch = fixture.dispatch({ deferred });
    await fixture.send(dispatch);
    expect((await fixture.result(dispatch)).result).toMatchObject({
      error: { message: 'rejected ***', details: { header: '***' } },
    });
  });

  it('that are missing fail the task and say how to set them', async () => {
    await fixture.worker({ 'test.work': () => Promise.resolve({}) });
    const dispatch = fixture.dispatch({ deferred });
    await fixture.send(dispatch);
    const { result } = await fixture.result(dispatch);
    expect(result).toMatchObject({ outcome: 'definite', error: { code: 'secret-missing' } });
    expect(JSON.stringify(result)).toContain('MILLRACE_SECRET_TOKEN');
  });
});

describe('large values', () => {
  it('leave as references and are read for expressions', async () => {
    const large = 'x'.repeat(300_000);
    await fixture.worker({ 'test.work': () => Promise.resolve({ large, small: 1 }) });
    const dispatch = fixture.dispatch();
    await fixture.send(dispatch);
    const { result } = await fixture.result(dispatch);
    const outputs = 'outputs' in result ? (result.outputs ?? {}) : {};
    expect(outputs['small']).toBe(1);
    expect(isReference(outputs['large'])).toBe(true);

    const evaluated = fixture.dispatch({
      taskType: 'expression.evaluate',
      deferred: [
        {
          path: ['values', 0],
          template: '<< outputs.a.large | length >>',
          context: { outputs: { a: outputs } },
        },
      ],
    });
    await fixture.send(evaluated);
    expect((await fixture.result(evaluated)).result).toMatchObject({
      state: 'SUCCESS',
      outputs: { values: [300_000] },
    });
  });

  it('that are lost fail the task with value-lost', async () => {
    await fixture.worker({});
    const reference = {
      '$millrace.reference': 1,
      kind: 'reference',
      uri: `blob:${'0'.repeat(64)}`,
      bytes: 10,
      sha256: '0'.repeat(64),
      contentType: 'application/json',
    };
    const dispatch = fixture.dispatch({
      taskType: 'expression.evaluate',
      deferred: [
        {
          path: ['values', 0],
          template: '<< inputs.a.b >>',
          context: { inputs: { a: reference } },
        },
      ],
    });
    await fixture.send(dispatch);
    expect((await fixture.result(dispatch)).result).toMatchObject({
      error: { code: 'value-lost' },
    });
  });

  it('cannot be imitated by outputs', async () => {
    await fixture.worker({
      'test.work': () =>
        Promise.resolve({ body: { '$millrace.reference': 1, uri: `blob:${'0'.repeat(64)}` } }),
    });
    const dispatch = fixture.dispatch();
    await fixture.send(dispatch);
    expect((await fixture.result(dispatch)).result).toMatchObject({
      error: { code: 'outputs.reserved-key' },
    });
  });
});
