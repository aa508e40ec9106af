import type { Catalog } from '../model/catalog.ts';
import { topicsOf } from '../plugin/connections.ts';
import { present } from '../support/assert.ts';
import type { TriggerFlows, TriggerSurroundings } from '../trigger/services.ts';
import { FollowedStarts, type StartsFeed } from '../trigger/starts-feed.ts';
import { TriggerBoard } from '../trigger/trigger-board.ts';
import { TriggerRole } from '../trigger/trigger-role.ts';
import type { Ports, Settings } from './ports.ts';

/** What triggers are evaluated with, in the trigger role and where one is only tried. */
export function surroundingsOf(ports: Ports, { globals }: Settings): TriggerSurroundings {
  return { ...ports, globals, topics: (connection) => topicsOf(ports.topics, connection) };
}

interface TriggerPartsOptions {
  readonly ports: Ports;
  readonly settings: Settings;
  readonly catalog: Catalog;
  readonly flows: TriggerFlows;
  /** What the api role of the same process has read of `events` already. */
  readonly feed: StartsFeed | undefined;
}

/** The trigger role, and the replica of `triggers` that the api role looks into as well. */
export class TriggerParts {
  readonly board: TriggerBoard;
  readonly #followed: FollowedStarts | undefined;
  readonly #role: TriggerRole | undefined;
  #wasReady = false;

  constructor({ ports, settings, catalog, flows, feed }: TriggerPartsOptions) {
    this.board = new TriggerBoard(ports);
    if (!settings.roles.has('trigger')) return;
    const followed = feed === undefined ? new FollowedStarts(ports) : undefined;
    this.#followed = followed;
    this.#role = new TriggerRole({
      ...ports,
      ...surroundingsOf(ports, settings),
      catalog,
      flows,
      board: this.board,
      feed: feed ?? present(followed, 'what is read of events'),
      startsUnfinishedMax: settings.http.startsUnfinishedMax,
      sessionMs: settings.sessionMs,
    });
  }

  /** The flows must be caught up. */
  async start(): Promise<void> {
    await Promise.all([this.board.start(), this.#followed?.start()]);
    await this.#role?.start();
  }

  /** Partitions come and go later; only the first opening is part of a start. */
  get isReady(): boolean {
    this.#wasReady ||= this.#role?.isReady ?? true;
    return this.#wasReady;
  }

  /** Triggers end what they have begun, and others take over. */
  async stopRole(): Promise<void> {
    await this.#role?.stop();
    await this.#followed?.close();
  }

  async close(): Promise<void> {
    await this.board.close();
  }
}
