import type { Bucket } from './bucket.ts';
import { S3Refused } from './bucket.ts';
import type { S3Object } from './object.ts';
import type { Arrival } from './settings.ts';

/**
 * Does the trigger's action with one object, whose start is safe. It may be done again after a crash, and does
 * nothing when the object is gone or replaced: what stands at the key now is another arrival.
 *
 * @throws S3Refused, or an Error when there is no answer.
 */
export async function act(bucket: Bucket, object: S3Object, arrival: Arrival): Promise<void> {
  try {
    await attempt(bucket, object, arrival);
  } catch (error) {
    if (!(error instanceof S3Refused) || !GONE.has(error.code || String(error.status))) throw error;
  }
}

/** A HEAD or a server without names for it gives the bare status. */
const GONE = new Set(['PreconditionFailed', 'NoSuchKey', 'NoSuchVersion', '404', '412']);

async function attempt(bucket: Bucket, object: S3Object, arrival: Arrival): Promise<void> {
  const { action } = arrival;
  if (action.type === 'none') return;
  // A version does not change. Else not every server minds the conditions of the requests below, and none those
  // for the version `null`, which is whatever a bucket has that does not keep versions.
  const mayChange = object.versionId === undefined || object.versionId === 'null';
  if (mayChange && !(await bucket.isPresent(object))) return;
  switch (action.type) {
    case 'delete':
      return bucket.delete(object);
    case 'move': {
      const key = targetKey(object.key, arrival.prefix, action.prefix);
      await bucket.copy(object, { bucket: action.bucket, key });
      return bucket.delete(object);
    }
    case 'tag':
      return tag(bucket, object, action.tags);
  }
}

/** `incoming/a/b.csv` watched under `incoming/` and moved to `done/` is `done/a/b.csv`. */
export function targetKey(key: string, prefix: string, targetPrefix: string): string {
  return targetPrefix + key.slice(prefix.length);
}

/**
 * Why objects cannot be moved there: they would arrive again, for ever.
 */
export function movesInCircles(object: S3Object, arrival: Arrival): boolean {
  const { action, place, prefix, matches } = arrival;
  if (action.type !== 'move' || action.bucket !== place.bucket) return false;
  return matches(targetKey(object.key, prefix, action.prefix));
}

/** S3 replaces all tags at once, so those that are there are put with ours. */
async function tag(
  bucket: Bucket,
  object: S3Object,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const present = [...(await bucket.tags(object)).matchAll(TAG)]
    .filter(([, name = '']) => !Object.hasOwn(tags, unescape(name)))
    .map(([whole]) => whole);
  const own = Object.entries(tags).map(
    ([name, value]) => `<Tag><Key>${escape(name)}</Key><Value>${escape(value)}</Value></Tag>`,
  );
  const set = [...present, ...own].join('');
  await bucket.setTags(object, `<Tagging><TagSet>${set}</TagSet></Tagging>`);
}

/** As servers write it; what it holds is handed back as it is. */
const TAG = /<Tag>\s*<Key>([^<]*)<\/Key>\s*<Value>[^<]*<\/Value>\s*<\/Tag>/g;

const ENTITIES: readonly (readonly [string, string])[] = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
];

function escape(text: string): string {
  return ENTITIES.reduce((escaped, [plain, entity]) => escaped.replaceAll(plain, entity), text);
}

/** Entities of the plain kind; in the reverse order, so that `&amp;lt;` becomes `&lt;`. */
function unescape(text: string): string {
  return ENTITIES.toReversed().reduce(
    (plain, [character, entity]) => plain.replaceAll(entity, character),
    text,
  );
}
