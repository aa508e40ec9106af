import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CheckpointMarker,
  decodeCheckpoint,
  encodeCheckpointOpened,
  encodeCheckpointOpenedRemoval,
  encodeMarker,
  encodePage,
  markerShape,
} from '../../../src/records/checkpoints.ts';
import { asRead } from './as-read.ts';
import { valuesOf } from './schema-arbitrary.ts';

describe('checkpoint records', () => {
  it('a page is passed on as the engine wrote it', () => {
    const page = encodePage('0123/head', '{"offset":9}', 4);
    expect(page).toEqual({ key: '0123/head', value: '{"offset":9}', headers: { m: '1,page,4' } });
    expect(decodeCheckpoint(asRead(page))).toEqual({
      kind: 'page',
      key: '0123/head',
      epoch: 4,
      value: '{"offset":9}',
    });
  });

  it('the tombstone of a page has its epoch, too', () => {
    const tombstone = decodeCheckpoint(asRead(encodePage('0123/head', null, 4)));
    expect(tombstone).toEqual({ kind: 'page', key: '0123/head', epoch: 4, value: null });
  });

  it('a marker comes back, always under one key', () => {
    fc.assert(
      fc.property(valuesOf(markerShape.schema), (value) => {
        const marker = value as unknown as CheckpointMarker;
        const record = encodeMarker(marker);
        expect(record.key).toBe('$marker');
        expect(decodeCheckpoint(asRead(record))).toEqual({
          kind: 'marker',
          epoch: marker.epoch,
          marker,
        });
      }),
    );
  });

  it('opened has a key of its own per epoch', () => {
    expect(encodeCheckpointOpened(12).key).toBe('$opened/12');
    expect(decodeCheckpoint(asRead(encodeCheckpointOpened(12)))).toEqual({
      kind: 'opened',
      epoch: 12,
    });
    expect(decodeCheckpoint(asRead(encodeCheckpointOpenedRemoval(12, 40)))).toEqual({
      kind: 'opened-removed',
      opened: 12,
      epoch: 40,
    });
  });

  it.each([
    ['no header', { key: 'a', value: '{}', headers: {} }],
    ['no key', { key: null, value: '{}', headers: { m: '1,page,4' } }],
    ['another version', { key: 'a', value: '{}', headers: { m: '2,page,4' } }],
    ['another kind', { key: 'a', value: '{}', headers: { m: '1,pages,4' } }],
    ['a marker that is not JSON', { key: '$marker', value: '{', headers: { m: '1,marker,4' } }],
    ['a marker without fields', { key: '$marker', value: '{}', headers: { m: '1,marker,4' } }],
    ['a removed marker', { key: '$marker', value: null, headers: { m: '1,marker,4' } }],
    ['opened under a foreign key', { key: 'a', value: '{}', headers: { m: '1,opened,4' } }],
  ])('%s: unknown, with a reason', (_what, record) => {
    expect(decodeCheckpoint(asRead(record))).toEqual({
      kind: 'unknown',
      reason: expect.stringMatching(/^The /),
    });
  });
});
