/**
 * Variables that other programs read, too: `AWS_*`, `HTTP_PROXY` and its like. They are the weakest
 * source: whatever names a key by ours wins over them.
 *
 * The parts of an S3 key come whole from here or not at all: one half of somebody's key beside the
 * other half of somebody else's, or beside his session's token, is refused by every server, and hard
 * to find.
 */
import type { Entry } from './entries.ts';
import type { Environment } from './environment.ts';
import type { KeyNode } from './key-tree.ts';

interface StandardKey {
  readonly name: string;
  /** The first that has a value is taken. */
  readonly variables: readonly string[];
}

const s3Place: readonly StandardKey[] = [
  { name: 'region', variables: ['AWS_REGION', 'AWS_DEFAULT_REGION'] },
  { name: 'endpoint', variables: ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'] },
];
const s3Key: readonly StandardKey[] = [
  { name: 'accessKeyId', variables: ['AWS_ACCESS_KEY_ID'] },
  { name: 'secretAccessKey', variables: ['AWS_SECRET_ACCESS_KEY'] },
  { name: 'sessionToken', variables: ['AWS_SESSION_TOKEN'] },
];

/** The lower case first, as everywhere: a web server may set `HTTP_PROXY` by a request's header. */
const proxies: readonly StandardKey[] = [
  { name: 'http', variables: ['http_proxy', 'HTTP_PROXY'] },
  { name: 'https', variables: ['https_proxy', 'HTTPS_PROXY'] },
  { name: 'except', variables: ['no_proxy', 'NO_PROXY'] },
];

/** @param given what the other sources say, the weakest first. */
export function standardEntries(
  environment: Environment,
  tree: KeyNode,
  folder: string,
  given: readonly Entry[],
): readonly Entry[] {
  const values = new Map(given.map(({ path, value }) => [path.join('.'), value]));
  const surroundings = { environment, tree, folder };
  const sections = [
    // Whoever keeps large values in files has no use for a bucket's keys there.
    ...(values.get('blobs.type') === 's3' ? [['blobs']] : []),
    ['plugin', 's3'],
  ];
  const ofS3 = sections.flatMap((section) => {
    const isGiven = ({ name }: StandardKey): boolean => values.has([...section, name].join('.'));
    const wanted = s3Key.some(isGiven) ? s3Place : [...s3Place, ...s3Key];
    return wanted.flatMap((standard) => entryOf(standard, section, surroundings));
  });
  return [...ofS3, ...proxies.flatMap((standard) => entryOf(standard, ['proxy'], surroundings))];
}

interface Surroundings {
  readonly environment: Environment;
  readonly tree: KeyNode;
  readonly folder: string;
}

function entryOf(
  { name, variables }: StandardKey,
  section: readonly string[],
  { environment, tree, folder }: Surroundings,
): readonly Entry[] {
  const path = [...section, name];
  // Only under its own name: as long as the plugins are not known, nothing says what of it is secret.
  const { key } = path.reduce<KeyNode>((node, part) => node.children.get(part) ?? nowhere, tree);
  const variable = variables.find((candidate) => (environment[candidate] ?? '') !== '');
  if (key === undefined || variable === undefined) return [];
  const value = key.kind.fromText(environment[variable] ?? '');
  return [{ path, key, value, source: { kind: 'environment', name: variable }, folder }];
}

const nowhere: KeyNode = { children: new Map() };
