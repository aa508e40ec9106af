/**
 * What belongs to the partition itself, in small pages that each stand alone: `$partition/sources/<bucket>`,
 * `$partition/keys/<segment>`, `$partition/held/<execution>`.
 */
import { executionId, type ExecutionId } from '../../model/ids.ts';
import type { HeldCommands } from '../state/held-commands.ts';
import type { KeySegmentPage, KeyWindow } from '../state/key-window.ts';
import type { HeldCommand } from '../state/mutable-state.ts';
import type { SourceBucketPage, Sources } from '../state/sources.ts';
import type { Page, PageUnit } from './page.ts';

/** No entity's id begins so. */
const PREFIX = '$partition/';

type Dated<Content> = Content & { readonly offset: number };

/** What `$partition/…` pages restore into, each with the offset that it includes. */
export interface PartitionPageTarget {
  sources(bucket: number, page: Dated<SourceBucketPage>): void;
  keys(segment: number, page: KeySegmentPage): void;
  held(execution: ExecutionId, page: Dated<{ readonly commands: readonly HeldCommand[] }>): void;
}

export function sourceBucketUnit(sources: Sources, bucket: number): PageUnit {
  const entity = `${PREFIX}sources/${bucket}`;
  return unit(entity, (offset) => ({ offset, ...sources.page(bucket) }));
}

export function keySegmentUnit(keys: KeyWindow, segment: number): PageUnit {
  return unit(`${PREFIX}keys/${segment}`, (offset) => {
    const page = keys.page(segment);
    return page === undefined ? null : { offset, ...page };
  });
}

export function heldCommandsUnit(held: HeldCommands, execution: ExecutionId): PageUnit {
  return unit(`${PREFIX}held/${execution}`, (offset) => {
    const commands = held.of(execution);
    return commands.length === 0 ? null : { offset, commands };
  });
}

export function isPartitionPage(key: string): boolean {
  return key.startsWith(PREFIX);
}

/** A tombstone restores nothing: `value` is never null here. */
export function restorePartitionPage(
  key: string,
  value: unknown,
  target: PartitionPageTarget,
): void {
  const [kind, name = ''] = key.slice(PREFIX.length).split('/');
  // The casts: these pages were written by the units above.
  if (kind === 'sources') target.sources(Number(name), value as Dated<SourceBucketPage>);
  if (kind === 'keys') target.keys(Number(name), value as KeySegmentPage);
  if (kind === 'held') {
    target.held(executionId(name), value as Dated<{ readonly commands: readonly HeldCommand[] }>);
  }
}

function unit(entity: string, content: (offset: number) => object | null): PageUnit {
  return {
    entity,
    takePages(offset): readonly Page[] {
      const page = content(offset);
      return [{ key: entity, value: page === null ? null : JSON.stringify(page) }];
    },
  };
}
