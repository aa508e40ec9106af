import type { JsonObject, StreamContext, StreamTrigger } from '../../../src/plugin/index.ts';
import { type TestTrigger, TriggerWorld, type WorldOptions } from './trigger-world.ts';

/** Records that every process reads from the committed position on, all of them: nobody shares them out. */
export class Feed {
  readonly records: (JsonObject | 'unreadable')[] = [];
  committed = 0;
  runs = 0;
  /** Thrown by a run, when it is set. */
  trouble: (() => Error) | undefined;

  readonly trigger: TestTrigger = {
    type: 'test.feed',
    trigger: {
      kind: 'stream',
      run: (properties, context) => this.#run(properties, context),
      sample: () => {
        const last = this.records.at(-1);
        if (last === undefined || last === 'unreadable') return Promise.resolve(undefined);
        return Promise.resolve(this.#event(last, this.records.length - 1));
      },
    } satisfies StreamTrigger,
  };

  async #run(_properties: JsonObject, context: StreamContext): Promise<void> {
    this.runs += 1;
    if (this.trouble !== undefined) throw this.trouble();
    let position = this.committed;
    const done = new Set<number>();
    let failed: unknown;
    while (!context.signal.aborted) {
      for (; position < this.records.length; position += 1) {
        const at = position;
        this.#hand(at, context).then(
          () => {
            done.add(at);
            while (done.has(this.committed)) this.committed += 1;
          },
          (error: unknown) => {
            failed ??= error;
          },
        );
      }
      context.report({ lag: this.records.length - this.committed });
      await context.pause(100);
      if (failed instanceof Error && !context.signal.aborted) throw failed;
    }
  }

  #hand(at: number, context: StreamContext): Promise<void> {
    const record = this.records[at];
    const origin = { topic: 'feed', partition: 0, offset: at };
    if (record === undefined || record === 'unreadable') {
      const refused = { reason: 'value-not-json', message: 'no JSON', origin, preview: 'x' };
      return context.refuse(refused);
    }
    return context.emit(this.#event(record, at));
  }

  #event(value: JsonObject, at: number) {
    const origin = { topic: 'feed', partition: 0, offset: at };
    return { fields: { value }, source: 'feed/0', sequence: at, origin };
  }
}

/** `demo/flow`, with lines added to its trigger. */
export function flow(trigger = ''): string {
  return `id: flow
namespace: demo
inputs: [{ id: n, type: int }]
triggers:
  - id: feed
    type: test.feed
    inputs: { n: << trigger.value.n >> }
${trigger}
tasks: [{ id: say, type: log, message: hello }]
`;
}

export async function fed(
  options: WorldOptions = {},
): Promise<{ world: TriggerWorld; feed: Feed }> {
  const feed = new Feed();
  const world = await TriggerWorld.open({ ...options, triggers: [feed.trigger] });
  return { world, feed };
}

/** Records `{n}`, counted from `from` on. */
export function numbers(count: number, from = 0): JsonObject[] {
  return Array.from({ length: count }, (_, index) => ({ n: from + index }));
}
