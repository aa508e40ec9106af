/** The machine under all streams, against a store that is behind what is heard and a client that is slow. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type FollowedSource, Following } from '../../../src/http/following.ts';
import type { Outlet } from '../../../src/http/outbox.ts';

const PAGE = 10;
/** The held ones, which are not counted against the room. */
const OVERSHOOT_MAX = 100 + PAGE;

/** Numbers that happen, are heard, are kept a little later, and go to a client that takes them at times. */
class Scene implements FollowedSource<number> {
  readonly taken: number[] = [];
  readonly #happened: number[] = [];
  #kept = 0;
  #sent: number[] = [];
  #reached = -1;
  #onRoom: (() => void)[] = [];
  waitingMax = 0;
  readonly following: Following<number>;

  constructor(room: number) {
    const waits = (): boolean => this.#sent.length >= room;
    const outlet: Outlet = {
      send: ({ data }) => this.#sent.push(Number(data)),
      end: () => undefined,
      fail: (error) => {
        throw error;
      },
      get isFull() {
        return waits();
      },
      isOver: false,
      room: () =>
        waits() ? new Promise((resolve) => this.#onRoom.push(resolve)) : Promise.resolve(),
    };
    this.following = new Following(outlet, this);
    this.#outlet = outlet;
  }

  readonly #outlet: Outlet;

  happen(count: number): void {
    for (let n = 0; n < count; n += 1) {
      this.#happened.push(this.#happened.length);
      this.following.hear(this.#happened.length - 1);
    }
    this.#measure();
  }

  take(count: number): void {
    this.taken.push(...this.#sent.splice(0, count));
    if (this.#outlet.isFull) return;
    const waiting = this.#onRoom;
    this.#onRoom = [];
    for (const resolve of waiting) resolve();
  }

  async settle(): Promise<void> {
    const heard = this.#happened.length;
    await turn();
    this.#kept = Math.max(this.#kept, heard);
  }

  async sendKept(): Promise<boolean> {
    const page = this.#happened.slice(this.#reached + 1, this.#kept).slice(0, PAGE);
    await turn();
    for (const item of page) this.sendHeard(item);
    return page.length === PAGE;
  }

  sendHeard(item: number): void {
    if (item <= this.#reached) return;
    this.#reached = item;
    this.#outlet.send({ event: 'item', data: item });
    this.#measure();
  }

  #measure(): void {
    this.waitingMax = Math.max(this.waitingMax, this.#sent.length);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('happen'), count: fc.integer({ min: 1, max: 300 }) }),
    fc.record({ kind: fc.constant('take'), count: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ kind: fc.constant('turn'), count: fc.integer({ min: 1, max: 4 }) }),
  ),
  { maxLength: 30 },
);

it('sends everything once and in order, and lets little wait, however slow the client is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 500 }),
      fc.integer({ min: 1, max: 50 }),
      steps,
      async (before, room, actions) => {
        const scene = new Scene(room);
        scene.happen(before);
        let total = before;
        const begun = scene.following.begin();
        for (const { kind, count } of actions) {
          if (kind === 'happen') {
            scene.happen(count);
            total += count;
          } else if (kind === 'take') scene.take(count);
          else for (let n = 0; n < count; n += 1) await turn();
        }
        await begun;
        while (scene.taken.length < total || !scene.following.isLive) {
          scene.take(1_000);
          await turn();
        }
        expect(scene.taken).toEqual(Array.from({ length: total }, (_, n) => n));
        expect(scene.waitingMax).toBeLessThanOrEqual(room + OVERSHOOT_MAX);
      },
    ),
    { numRuns: 300 },
  );
});

it('is live at once where nothing was missed, and then sends without a look into the store', async () => {
  const scene = new Scene(1_000);
  await scene.following.begin();
  expect(scene.following.isLive).toBe(true);
  scene.happen(3);
  scene.take(3);
  expect(scene.taken).toEqual([0, 1, 2]);
});
