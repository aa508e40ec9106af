import fc from 'fast-check';
import { expect } from 'vitest';
import { ViewChanges } from '../../../src/indexer/changes.ts';
import type { Cause } from '../../../src/model/cause.ts';
import type { About, Event, TaskEnded } from '../../../src/model/events.ts';
import type { ExecutionId } from '../../../src/model/ids.ts';
import type { ViewStore } from '../../../src/ports/views.ts';
import type { ViewsCase } from '../views.ts';
import { newId } from './batches.ts';

const cause: Cause = { kind: 'continue' };

/** What may happen to the second task of an execution before it ends. */
const steps = fc.array(
  fc.constantFrom('task.scheduled', 'task.started', 'task.sleeping', 'execution.ending'),
  { maxLength: 6 },
);

type Step = 'task.scheduled' | 'task.started' | 'task.sleeping' | 'execution.ending';

function created(execution: ExecutionId, about: About): Event {
  return {
    time: about.startedAtMs,
    cause,
    execution,
    type: 'execution.created',
    seq: 1,
    namespace: about.namespace,
    flow: about.flow,
    revision: about.revision,
    flowOffset: 0,
    flowSha256: '',
    tasks: 1,
    inputs: { n: 1 },
    labels: about.labels,
    variables: {},
    globals: {},
    trigger: about.trigger,
  };
}

/** One execution from beginning to end, in the form that the engine gives. */
function eventsOf(execution: ExecutionId, middle: readonly Step[]): readonly Event[] {
  let time = 1_007;
  const happened = () => ({ time: (time += 7), cause, execution });
  const task = { run: 2, parent: 0, task: 'call', taskType: 'http.request' };
  const about: About = {
    namespace: 'shop',
    flow: 'order',
    revision: 2,
    state: 'RUNNING',
    labels: { a: '1' },
    trigger: { type: 'api', id: null },
    startedAtMs: 1_007,
  };
  const ended = (run: number): TaskEnded => ({
    ...happened(),
    ...{ ...task, run },
    type: 'task.ended',
    seq: run + 1,
    about,
    attempt: 1,
    state: 'SUCCESS',
    outputs: { run },
  });
  let dispatch = 0;
  const stepEvent = (step: Step): Event => {
    switch (step) {
      case 'task.scheduled':
        dispatch += 1;
        return {
          ...happened(),
          ...task,
          type: step,
          dispatch,
          attempt: 1,
          namespace: about.namespace,
          flow: about.flow,
          revision: about.revision,
          workerGroup: 'default',
          idempotencyKey: 'k',
          properties: {},
          deferred: [],
        };
      case 'task.started':
        return { ...happened(), type: step, run: 2, dispatch, worker: 'w' };
      case 'task.sleeping':
        return { ...happened(), ...task, type: step, attempt: 1, untilMs: 9_000 };
      case 'execution.ending':
        return { ...happened(), type: step, mode: 'cancel', state: 'CANCELLED' };
    }
  };
  return [
    created(execution, about),
    ended(1),
    ...middle.map(stepEvent),
    ended(2),
    {
      ...happened(),
      type: 'execution.ended',
      seq: 9,
      about: { ...about, state: 'SUCCESS', labels: { a: '1', b: '2' } },
      state: 'SUCCESS',
      outputs: { done: true },
    },
  ];
}

async function rowsOf(views: ViewStore, ids: readonly ExecutionId[]): Promise<unknown> {
  return Promise.all(
    ids.map(async (id) => ({
      execution: await views.execution(id),
      runs: await views.taskRuns(id, { limit: 100 }),
    })),
  );
}

/** Writes the events, a new batch beginning at each of the cuts. */
async function fold(
  views: ViewStore,
  events: readonly Event[],
  cuts: readonly number[],
): Promise<void> {
  let changes = new ViewChanges();
  for (const [offset, event] of events.entries()) {
    if (cuts.includes(offset)) {
      await views.write(changes.batch());
      changes = new ViewChanges();
    }
    changes.add(event, offset);
  }
  await views.write(changes.batch());
}

/** Turns of the two executions that happen at the same time. */
function mixed(
  left: readonly Event[],
  right: readonly Event[],
  turns: readonly boolean[],
): Event[] {
  const [rest, other] = [[...left], [...right]];
  const all = turns.flatMap((first) => (first ? rest : other).splice(0, 1));
  return [...all, ...rest, ...other];
}

export const foldingCases: readonly ViewsCase[] = [
  {
    name: 'has the same rows however the events are cut into batches',
    async run(views) {
      await fc.assert(
        fc.asyncProperty(
          steps,
          steps,
          fc.array(fc.boolean(), { maxLength: 12 }),
          fc.array(fc.nat(24), { maxLength: 8 }),
          async (one, two, turns, cuts) => {
            const ids = [newId(), newId()] as const;
            const events = mixed(eventsOf(ids[0], one), eventsOf(ids[1], two), turns);
            await views.reset();
            await fold(views, events, []);
            const whole = await rowsOf(views, ids);
            await views.reset();
            await fold(views, events, cuts);
            expect(await rowsOf(views, ids)).toEqual(whole);
          },
        ),
        { numRuns: 200 },
      );
    },
  },
  {
    name: 'knows an execution by its later events when its beginning is gone',
    async run(views) {
      const id = newId();
      await fold(views, eventsOf(id, ['task.scheduled']).slice(2), []);
      expect(await views.execution(id)).toMatchObject({
        namespace: 'shop',
        flow: 'order',
        revision: 2,
        state: 'SUCCESS',
        startedAtMs: 1_007,
        labels: { a: '1', b: '2' },
        outputs: { done: true },
      });
    },
  },
];
