/** `s3.arrival` against the real S3 of the run. */
import type { RequestListener } from 'node:http';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { EmitResult, PollEvent } from '../../src/plugin/index.ts';
import { S3_START_TIMEOUT_MS, s3Account } from '../services/s3.ts';
import { TestBucket } from '../services/s3-bucket.ts';
import { emptyBucket, serve } from './s3-scene.ts';
import { objectsOf, Watch } from './s3-watch.ts';

beforeAll(s3Account, S3_START_TIMEOUT_MS);

describe('an object that arrives', () => {
  it('starts one execution, with what is known of it', async () => {
    const bucket = await emptyBucket();
    const watch = new Watch(bucket, { prefix: 'in/', pattern: String.raw`\.csv$` });
    const key = `in/a b+c&<é>~!*'()%2F?#.csv`;
    await bucket.put(key, 'hello');
    await bucket.put('in/other.json', '{}');
    await bucket.put('elsewhere/x.csv', 'x');
    await watch.look();
    await watch.look();
    expect(watch.events.map(({ fields }) => fields)).toEqual([
      {
        objects: [
          {
            ...{ bucket: bucket.name, key, size: 5, versionId: null },
            etag: '5d41402abc4b2a76b9719d911017c592',
            lastModified: expect.stringMatching(/^20\d\d-.*Z$/),
            uri: `s3://${bucket.name}/${key}`,
          },
        ],
      },
    ]);
    await bucket.put(key, 'replaced');
    await watch.look();
    expect(watch.events).toHaveLength(2);
    expect(await bucket.keys()).toHaveLength(3);
  });

  it('is filtered or refused once, and stays', async () => {
    const bucket = await emptyBucket();
    const watch = new Watch(bucket, { action: 'delete' });
    for (const key of ['filtered', 'refused', 'started']) await bucket.put(key, key);
    const asked: string[] = [];
    watch.decide = ({ fields }) => {
      const key = objectsOf(fields)[0]?.key ?? '';
      asked.push(key);
      return key as EmitResult; // The keys above are such results.
    };
    await watch.look();
    await watch.look();
    expect(asked.toSorted()).toEqual(['filtered', 'refused', 'started']);
    expect(await bucket.keys()).toEqual(['filtered', 'refused']);
  });

  it('is shown by a dry look, which changes nothing', async () => {
    const bucket = await emptyBucket();
    const watch = new Watch(bucket, { action: 'delete', each: 'poll' });
    await bucket.put('a', 'a');
    await watch.look({ dry: true });
    expect([watch.started, watch.saves, await bucket.keys()]).toEqual([['a'], 0, ['a']]);
  });
});

describe('a thousand objects in one look', () => {
  it('start a thousand executions, many at a time, and are moved', async () => {
    const bucket = await emptyBucket();
    const keys = Array.from({ length: 1_001 }, (_, at) => `in/${String(at).padStart(4, '0')}`);
    for (let at = 0; at < keys.length; at += 50) {
      await Promise.all(keys.slice(at, at + 50).map((key) => bucket.put(key, key)));
    }
    const action = { action: 'move', moveTo: { prefix: 'done/' } };
    const watch = new Watch(bucket, { prefix: 'in/', ...action });
    await watch.look();
    expect(new Set(watch.started).size).toBe(1_000);
    expect(watch.events).toHaveLength(1_000);
    expect(watch.emittingMost).toBeGreaterThan(30);
    expect(watch.emittingMost).toBeLessThan(100);
    await watch.look();
    expect(new Set(watch.started)).toEqual(new Set(keys));
    const left = await bucket.send({ method: 'GET', query: { 'list-type': '2', prefix: 'in/' } });
    expect(left).not.toContain('<Key>');
  });
});

describe('one execution for each look', () => {
  it('has all its objects, and the same ones after a crash', async () => {
    const bucket = await emptyBucket();
    const watch = new Watch(bucket, { each: 'poll', action: 'delete' });
    await bucket.put('a', 'a');
    await bucket.put('b', 'b');
    let lost: PollEvent | undefined;
    watch.decide = (event) => {
      lost = event;
      throw new Error('the process ends');
    };
    await expect(watch.look()).rejects.toThrow('the process ends');
    await bucket.put('c', 'c');
    watch.decide = () => 'started';
    await watch.look();
    expect(watch.events).toEqual([lost]);
    await watch.look();
    expect(watch.events.map(({ fields }) => objectsOf(fields).map(({ key }) => key))).toEqual([
      ['a', 'b'],
      ['c'],
    ]);
    expect(await bucket.keys()).toEqual([]);
  });
});

describe('one execution for a look that was cut off', () => {
  it('keeps its key when an object has gone in the meantime', async () => {
    const bucket = await emptyBucket();
    const watch = new Watch(bucket, { each: 'poll' });
    for (const key of ['a', 'b']) await bucket.put(key, key);
    const emitted: PollEvent[] = [];
    watch.decide = (event) => {
      emitted.push(event);
      if (emitted.length === 1) throw new Error('the process ends');
      return 'started';
    };
    await expect(watch.look()).rejects.toThrow('the process ends');
    await bucket.send({ method: 'DELETE', key: 'a' });
    await watch.look();
    const [first, second] = emitted;
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey);
    expect(watch.started).toEqual(['b']);
  });
});

describe('after a crash', () => {
  it.each([
    ['before the state is saved', 1],
    ['between the state and the action', 2],
  ])('%s an object has one execution and is moved', async (_, crashAtSave) => {
    const bucket = await emptyBucket();
    const watch = new Watch(bucket, { prefix: 'in/', action: 'move', moveTo: { prefix: 'out/' } });
    await bucket.put('in/a', 'a');
    const ended = new AbortController();
    watch.onSave = () => {
      if (watch.saves + 1 === crashAtSave) throw new Error('the process ends');
      // The state is stored; the requests of the action never leave.
      if (crashAtSave === 2) ended.abort(new Error('the process ends'));
    };
    await expect(watch.look({ signal: ended.signal })).rejects.toThrow('the process ends');
    expect(await bucket.keys()).toEqual(['in/a']);
    watch.onSave = () => undefined;
    await watch.look();
    await watch.look();
    expect([watch.started, await bucket.keys()]).toEqual([['in/a'], ['out/a']]);
  });
});

describe('the action', () => {
  it('does not touch an object that was replaced in the meantime, which is another arrival', async () => {
    const bucket = await emptyBucket();
    for (const action of ['delete', 'move', 'tag']) {
      const rest = { moveTo: { prefix: `${action}d/` }, tags: { state: 'seen' } };
      const watch = new Watch(bucket, { prefix: `${action}/`, action, ...rest });
      await bucket.put(`${action}/a`, 'first');
      watch.decide = async () => {
        if (watch.events.length === 0) await bucket.put(`${action}/a`, 'second');
        return 'started' as const;
      };
      await watch.look();
      expect(await bucket.keys()).toContain(`${action}/a`);
      expect(await bucket.keys()).not.toContain(`${action}d/a`);
      const query = { tagging: '' };
      expect(await bucket.send({ method: 'GET', key: `${action}/a`, query })).not.toContain('seen');
      await watch.look();
      expect(watch.events).toHaveLength(2);
    }
    expect(await bucket.keys()).toEqual(['moved/a', 'tag/a']);
  });

  it('does not delete a file that was put again with the same content', async () => {
    const bucket = await emptyBucket();
    const watch = new Watch(bucket, { action: 'delete' });
    await bucket.put('a', 'same');
    const timeOf = async () =>
      /<LastModified>[^<]*/.exec(
        await bucket.send({ method: 'GET', query: { 'list-type': '2' } }),
      )?.[0];
    const before = await timeOf();
    watch.decide = async () => {
      // Times of S3 are whole seconds.
      while (watch.events.length === 0 && (await timeOf()) === before)
        await bucket.put('a', 'same');
      return 'started' as const;
    };
    await watch.look();
    expect(await bucket.keys()).toEqual(['a']);
    await watch.look();
    expect([watch.started, await bucket.keys()]).toEqual([['a', 'a'], []]);
  });

  it('tags beside the tags that are there', async () => {
    const bucket = await emptyBucket();
    const watch = new Watch(bucket, { action: 'tag', tags: { state: 'a+b', owner: 'me' } });
    await bucket.put('a', 'a');
    const tag = (name: string, value: string) =>
      `<Tag><Key>${name}</Key><Value>${value}</Value></Tag>`;
    const query = { tagging: '' };
    const body = `<Tagging><TagSet>${tag('team', 'x:y')}${tag('state', 'new')}</TagSet></Tagging>`;
    await bucket.send({ method: 'PUT', key: 'a', query, body });
    await watch.look();
    await watch.look();
    expect(watch.started).toEqual(['a']);
    const tags = await bucket.send({ method: 'GET', key: 'a', query });
    const found = [...tags.matchAll(/<Key>([^<]*)<\/Key><Value>([^<]*)</g)].map(
      ([, ...pair]) => pair,
    );
    expect(Object.fromEntries(found)).toEqual({ team: 'x:y', state: 'a+b', owner: 'me' });
  });

  it('is tried again when it fails, without another start, and holds further ones back', async () => {
    const bucket = await emptyBucket();
    const elsewhere = await emptyBucket();
    await elsewhere.send({ method: 'DELETE' });
    const moveTo = { bucket: elsewhere.name, prefix: 'out/' };
    const watch = new Watch(bucket, { action: 'move', moveTo, maxObjects: 1 });
    await bucket.put('a', 'a');
    await expect(watch.look()).rejects.toThrow(
      new RegExp(`^S3 refuses to copy ${bucket.name}/a to .*/out/a: 404 NoSuchBucket`),
    );
    await bucket.put('b', 'b');
    await expect(watch.look()).rejects.toThrow('NoSuchBucket');
    expect(watch.started).toEqual(['a']);
    await elsewhere.send({ method: 'PUT' });
    await watch.look();
    expect([watch.started, await bucket.keys()]).toEqual([['a'], ['b']]);
    await watch.look();
    expect([await bucket.keys(), await elsewhere.keys()]).toEqual([[], ['out/a', 'out/b']]);
  });

  it('that is switched on later leaves alone what had arrived before', async () => {
    const bucket = await emptyBucket();
    const watch = new Watch(bucket);
    await bucket.put('old', 'old');
    await watch.look();
    await bucket.put('new', 'new');
    await watch.look({}, { action: 'delete' });
    expect([watch.started, await bucket.keys()]).toEqual([['old', 'new'], ['old']]);
  });

  it('is refused before anything starts where it would move in circles', async () => {
    const bucket = await emptyBucket();
    await bucket.put('in/a', 'a');
    const watch = new Watch(bucket, {
      prefix: 'in/',
      action: 'move',
      moveTo: { prefix: 'in/done/' },
    });
    await expect(watch.look()).rejects.toThrow(/^moveTo: in\/a would arrive again/);
    expect(watch.started).toEqual([]);
  });
});

describe('a bucket that keeps versions', () => {
  it('gives every version, and takes away only that one', async () => {
    const bucket = await emptyBucket();
    await bucket.put('a', 'before versions');
    await bucket.keepVersions();
    await bucket.put('a', 'second');
    await bucket.put('a', 'third');
    const watch = new Watch(bucket, { versions: 'all', action: 'delete' });
    let puts = 0;
    watch.decide = async () => {
      puts += 1;
      if (puts === 1) await bucket.put('a', 'fourth');
      return 'started' as const;
    };
    await watch.look();
    const versions = watch.events.map(({ fields }) => objectsOf(fields)[0]?.versionId);
    expect(new Set(versions).size).toBe(3);
    expect(versions).toContain('null');
    expect(await bucket.send({ method: 'GET', key: 'a' })).toBe('fourth');
    await watch.look();
    expect(watch.events).toHaveLength(4);
    await expect(bucket.send({ method: 'GET', key: 'a' })).rejects.toThrow();
  });
});

describe('what is wrong is said', () => {
  it('by the server', async (context) => {
    const account = await s3Account();
    const missing = new TestBucket(account);
    onTestFinished(() => missing.close());
    await expect(new Watch(missing).look()).rejects.toThrow(
      /^S3 refuses to list test-.*: 404 NoSuchBucket: /,
    );
    if (account.server === 'moto') return context.skip('moto checks no signature');
    const watch = new Watch(await emptyBucket(), { secretAccessKey: 'wrong' });
    await expect(watch.look()).rejects.toThrow(/^S3 refuses to list .*: 403 SignatureDoesNotMatch/);
  });

  it.each([
    [{ endpoint: 'http://127.0.0.1:1' }, /^S3 at http:\/\/127\.0\.0\.1:1 does not answer: ECONNRE/],
    [{ endpoint: 'http://127.0.0.2:9000' }, /not a public address.*plugin\.s3\.allow/],
    [{ endpoint: 'http://0x7f000002' }, /not a public address/],
    [{ endpoint: 'http://localhost:9000' }, /localhost is .*, which is not a public address/],
    [{ endpoint: 'ftp://x' }, /is no address such as/],
    [{ bucket: '../x' }, /"..\/x" is no name of a bucket/],
    [{ region: 'x.evil.example/' }, /is no region/],
    [{ pattern: '(' }, /^pattern: /],
    [{ secretAccessKey: '' }, /^secretAccessKey: is empty/],
    [{ action: 'move' }, /^moveTo: is missing/],
    [{ action: 'tag' }, /^tags: is missing/],
  ])('%j', async (properties, message) => {
    await expect(new Watch(await emptyBucket(), properties).look()).rejects.toThrow(message);
  });

  it.each<[string, RequestListener, string]>([
    [
      'no list',
      (_, response) => response.end('<html>hello</html>'),
      'the answer is no list of objects but <html>',
    ],
    [
      'another region',
      (_, response) =>
        response
          .writeHead(301, { 'x-amz-bucket-region': 'eu-west-1' })
          .end('<Error><Code>PermanentRedirect</Code></Error>'),
      '301 PermanentRedirect (the bucket is in the region eu-west-1)',
    ],
  ])('where a server answers with %s', async (_, listener, message) => {
    const watch = new Watch(await emptyBucket(), { endpoint: await serve(listener) });
    await expect(watch.look()).rejects.toThrow(message);
  });

  it('never at the cost of another bucket: a key with dots is sent as it is (S7)', async () => {
    const key = 'in/../../other/x';
    const entry =
      `<Contents><Key>${key}</Key><LastModified>2026-01-01T00:00:00Z</LastModified>` +
      '<ETag>e</ETag><Size>1</Size></Contents>';
    const paths: (string | undefined)[] = [];
    const endpoint = await serve(({ method, url }, response) => {
      if (method === 'DELETE') paths.push(url);
      response.end(`<ListBucketResult>${entry}</ListBucketResult>`);
    });
    const bucket = await emptyBucket();
    await new Watch(bucket, { endpoint, action: 'delete' }).look();
    expect(paths).toEqual([`/${bucket.name}/${key}`]);
  });

  it('and ends at once when the trigger stops', async () => {
    const stopped = AbortSignal.abort(new Error('the trigger stops'));
    const watch = new Watch(await emptyBucket());
    await expect(watch.look({ signal: stopped })).rejects.toThrow('the trigger stops');
  });
});
