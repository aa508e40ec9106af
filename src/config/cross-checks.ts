/** What no key can know alone. */
import type { ConfigProblem } from './problems.ts';
import { type Settings, valueOf } from './values.ts';

export function crossChecks(settings: Settings): readonly ConfigProblem[] {
  return [
    ...samePorts(settings),
    ...halfLogins(settings),
    ...halfCertificates(settings),
    ...blobsElsewhere(settings),
  ];
}

function samePorts(settings: Settings): readonly ConfigProblem[] {
  const port = valueOf(settings, 'management.port');
  if (port === 0 || port !== valueOf(settings, 'http.port')) return [];
  // One of the two was set, or both were: the defaults differ.
  const name =
    settings.get('management.port')?.source.kind === 'default' ? 'http.port' : 'management.port';
  return at(
    settings,
    name,
    `${port} is the other port too: give \`http.port\` and \`management.port\` two`,
  );
}

function halfLogins(settings: Settings): readonly ConfigProblem[] {
  return names(settings, '.sasl.').flatMap((base) => {
    const given = ['mechanism', 'username', 'password'].filter((part) => settings.has(base + part));
    const missing = ['username', 'password'].find((part) => !settings.has(base + part));
    const [first] = given;
    if (missing === undefined || first === undefined) return [];
    return at(settings, base + first, `needs \`${base}${missing}\` beside it`);
  });
}

function halfCertificates(settings: Settings): readonly ConfigProblem[] {
  return names(settings, '.ssl.').flatMap((base) => {
    const [has, lacks] = settings.has(`${base}cert`) ? ['cert', 'key'] : ['key', 'cert'];
    if (!settings.has(base + has) || settings.has(base + lacks)) return [];
    return at(settings, base + has, `needs \`${base}${lacks}\` beside it`);
  });
}

/** standard-variables.ts takes a key whole. */
const KEY_OF_ENVIRONMENT =
  'no part of a key there, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment';

/** S3 needs a bucket and a key; whoever names them without saying `s3` would write to files unawares. */
function blobsElsewhere(settings: Settings): readonly ConfigProblem[] {
  const keys = ['blobs.accessKeyId', 'blobs.secretAccessKey'];
  const needed = ['blobs.bucket', ...keys];
  if (valueOf(settings, 'blobs.type') === 's3') {
    const missing = needed.filter((name) => !settings.has(name));
    if (missing.length === 0) return [];
    const wanted = missing.map((name) => `\`${name}\``).join(' and ');
    const other = missing.some((name) => keys.includes(name)) ? `, or ${KEY_OF_ENVIRONMENT}` : '';
    return at(settings, 'blobs.type', `\`s3\` needs ${wanted} beside it${other}`);
  }
  return [...needed, 'blobs.sessionToken'].flatMap((name) =>
    at(settings, name, 'needs `blobs.type: s3` beside it'),
  );
}

/** The beginnings of names up to and with `part`: `kafka.sasl.`, `kafka.connections.billing.sasl.`. */
function names(settings: Settings, part: string): readonly string[] {
  const found = [...settings.keys()].filter((name) => name.includes(part));
  return [...new Set(found.map((name) => name.slice(0, name.indexOf(part) + part.length)))];
}

function at(settings: Settings, key: string, message: string): readonly ConfigProblem[] {
  const setting = settings.get(key);
  return setting === undefined ? [] : [{ key, source: setting.source, message }];
}
