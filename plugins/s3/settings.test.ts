import { describe, expect, it } from 'vitest';
import { movesInCircles, targetKey } from './action.ts';
import { readListPage } from './list-page.ts';
import { batchKey, objectKey, type S3Object } from './object.ts';
import { readArrival } from './settings.ts';

const object: S3Object = {
  ...{ bucket: 'b', key: 'in/a.csv', size: 1, etag: 'e', lastModifiedMs: 1_000 },
  versionId: undefined,
};

describe('the settings of an arrival', () => {
  it('are filled up', () => {
    expect(readArrival({ bucket: 'b' }, { allow: [] })).toMatchObject({
      place: {
        ...{ endpoint: undefined, region: 'us-east-1', bucket: 'b' },
        ...{ forcePathStyle: false, credentials: undefined },
      },
      ...{ prefix: '', each: 'object', allVersions: false, objectsMax: 1_000 },
      action: { type: 'none' },
    });
  });

  it('of a server of its own have the bucket in the path, unless said otherwise', () => {
    const properties = { bucket: 'b', endpoint: 'https://minio.example' };
    expect(readArrival(properties, {}).place.forcePathStyle).toBe(true);
    const other = { ...properties, forcePathStyle: false };
    expect(readArrival(other, {}).place.forcePathStyle).toBe(false);
  });

  it('match keys by prefix and by a pattern found anywhere', () => {
    const { matches } = readArrival({ bucket: 'b', prefix: 'in/', pattern: 'o.*[.]csv$' }, {});
    expect(['in/order.csv', 'in/x.csv', 'in/order.csv.bak', 'order.csv'].map(matches)).toEqual([
      ...[true, false, false, false],
    ]);
  });

  it('are another watch when what is watched changes, not when the action does', () => {
    const identity = (more: object) => readArrival({ bucket: 'b', ...more }, {}).identity.join('|');
    const others = [
      { prefix: 'p' },
      { pattern: 'p' },
      { versions: 'all' },
      { endpoint: 'http://h' },
    ];
    expect(new Set([{}, ...others].map(identity)).size).toBe(5);
    expect(identity({ action: 'delete', maxObjects: 5 })).toBe(identity({}));
  });
});

describe('the key of an arrival', () => {
  const key = { accessKeyId: 'server', secretAccessKey: 's', sessionToken: 't' };
  const server = { ...key, region: 'eu-west-1', endpoint: 'http://minio.internal:9000' };
  const own = { accessKeyId: 'flow', secretAccessKey: 'f' };

  it('is the server’s where the flow names neither a key nor another endpoint', () => {
    const { place, allow } = readArrival({ bucket: 'b' }, server);
    expect(place).toEqual({
      ...{ endpoint: server.endpoint, region: 'eu-west-1', bucket: 'b' },
      ...{ forcePathStyle: true, credentials: key },
    });
    expect(allow).toBeUndefined();
    const same = readArrival({ bucket: 'b', endpoint: server.endpoint }, server);
    expect(same.place).toEqual(place);
  });

  it('is never shown to another endpoint', () => {
    const properties = { bucket: 'b', endpoint: 'https://elsewhere.example' };
    const { place, allow } = readArrival(properties, { ...server, allow: ['x'] });
    expect(place).toMatchObject({ credentials: undefined, region: 'us-east-1' });
    expect(allow).toEqual(['x']);
    expect(readArrival({ ...properties, ...own }, server).place.credentials).toEqual(own);
  });

  it('is the flow’s own as soon as it says something, and then nothing of the server’s', () => {
    expect(readArrival({ bucket: 'b', ...own }, server).place.credentials).toEqual(own);
    const empty = { accessKeyId: '', secretAccessKey: null };
    expect(readArrival({ bucket: 'b', ...empty }, server).place.credentials).toBeUndefined();
    expect(() => readArrival({ bucket: 'b', sessionToken: 'x' }, server)).toThrow(
      'accessKeyId: is empty, and sessionToken is not',
    );
  });

  it('of which half is missing says both ways to give it', () => {
    expect(() => readArrival({ bucket: 'b' }, { accessKeyId: 'k' })).toThrow(
      'plugin.s3.secretAccessKey: is empty, and accessKeyId is not; set it there, or both AWS_ACCESS_KEY_ID',
    );
  });
});

describe('moving', () => {
  it('keeps what follows the prefix', () => {
    expect(targetKey('in/a/b.csv', 'in/', 'done/')).toBe('done/a/b.csv');
    expect(targetKey('a.csv', '', 'done/')).toBe('done/a.csv');
  });

  it.each([
    [{ prefix: 'in/', moveTo: { prefix: 'in/done/' } }, true],
    [{ moveTo: { prefix: 'done/' } }, true],
    [{ pattern: '^in/', moveTo: { prefix: 'done/' } }, false],
    [{ moveTo: { prefix: 'done/', bucket: 'other' } }, false],
    [{ prefix: 'in/', moveTo: { prefix: 'done/' } }, false],
  ])('in circles is noticed: %j %s', (properties, circles) => {
    const watch = readArrival({ bucket: 'b', action: 'move', ...properties }, {});
    expect(movesInCircles(object, watch)).toBe(circles);
  });
});

describe('idempotency keys', () => {
  it('tell contents, times and versions apart, and are short', () => {
    const others = [{}, { etag: 'f' }, { lastModifiedMs: 2_000 }, { key: 'x' }, { bucket: 'c' }];
    const versions = [{ versionId: '1' }, { versionId: '2' }];
    const keys = [...others, ...versions].map((more) => objectKey({ ...object, ...more }));
    expect(new Set(keys).size).toBe(7);
    expect(objectKey({ ...object, key: 'ü'.repeat(512) })).toHaveLength(43);
    expect(batchKey([object])).not.toBe(objectKey(object));
  });

  it('are the same for the version that a bucket had before it kept versions', () => {
    expect(objectKey({ ...object, versionId: 'null' })).toBe(objectKey(object));
  });
});

describe('a page of a list', () => {
  const list = (inner: string, root = 'ListBucketResult') =>
    `<?xml version="1.0"?><${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${root}>`;
  const entry = (key: string, more = '') =>
    `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>` +
    `<ETag>&quot;e&#34;</ETag><Size>7</Size>${more}</Contents>`;

  it('gives objects, whatever else stands there', () => {
    const more = '<Owner><ID>x</ID><Key>not this</Key></Owner><New/>';
    const page = readListPage(list(`<Name>b</Name>${entry('a&amp;&lt;b', more)}`), 'b');
    const lastModifiedMs = Date.UTC(2026, 0, 2, 3, 4, 5);
    expect(page).toEqual({
      objects: [{ ...object, key: 'a&<b', size: 7, lastModifiedMs }],
      next: undefined,
    });
  });

  it('decodes keys where it says that they are encoded', () => {
    const encoded = list(`${entry('a+b%2Bc%C3%A9')}<EncodingType>url</EncodingType>`);
    expect(readListPage(encoded, 'b').objects[0]?.key).toBe('a b+cé');
    expect(readListPage(list(entry('a+b%2Bc')), 'b').objects[0]?.key).toBe('a+b%2Bc');
  });

  it('says where the next one begins', () => {
    const cut = '<IsTruncated>true</IsTruncated>';
    const token = `${cut}<NextContinuationToken>1%2F+x</NextContinuationToken>`;
    expect(readListPage(list(token), 'b').next).toEqual({ 'continuation-token': '1%2F+x' });
    const markers = `${cut}<NextKeyMarker>a+b</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>`;
    const versions = list(`${markers}<EncodingType>url</EncodingType>`, 'ListVersionsResult');
    expect(readListPage(versions, 'b').next).toEqual({
      ...{ 'key-marker': 'a b', 'version-id-marker': 'v' },
    });
  });

  it('leaves out the markers of deletions', () => {
    const marker = '<DeleteMarker><Key>a</Key><VersionId>1</VersionId></DeleteMarker>';
    expect(readListPage(list(marker, 'ListVersionsResult'), 'b').objects).toEqual([]);
  });

  it.each([
    ['', 'the answer is'],
    ['no xml', 'the answer is not XML'],
    ['<a><b></a>', 'the answer is not XML'],
    [list('', 'Error'), 'no list of objects but <Error>'],
    [list('<Contents><Key>a</Key></Contents>'), 'an object without key or time: a'],
    [list('<IsTruncated>true</IsTruncated>'), 'is cut off and does not say where'],
    [`<!DOCTYPE x [<!ENTITY e "x">]>${list(entry('&e;'))}`, 'the answer is not XML'],
  ])('that is none is refused: %s', (xml, message) => {
    expect(() => readListPage(xml, 'b')).toThrow(message);
  });
});
