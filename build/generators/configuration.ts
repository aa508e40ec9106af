/** docs/configuration.md: every key, from src/config/keys.ts. */
import { variableOf } from '../../src/config/environment.ts';
import { type Key, keys } from '../../src/config/keys.ts';
import type { GeneratedFile } from '../generated-file.ts';

const INTRODUCTION = `# Configuration

Flags win over the environment, that over \`millrace.yaml\` (in the working folder, or where \`--config\` says),
that over the standard variables below, those over the defaults. A key that is not in the table is an error. \`millrace config print --redacted --sources\`
shows what holds and where each value comes from.

- In the environment a key is \`MILLRACE_\` and its parts joined by two underscores, as the table shows. Lists are
  separated by commas. An empty variable is as good as none.
- A variable with \`_FILE\` at its end names a file that holds the value, such as a mounted secret:
  \`MILLRACE_KAFKA__SASL__PASSWORD_FILE=/run/secrets/kafka\`.
- Durations are written \`30s\`, \`5m\`, \`1h30m\`; sizes \`10MiB\`, \`64KB\`, or a number of bytes.
- Relative paths begin at the file that names them; those of flags and the environment at the working folder.
- \`MILLRACE_SECRET_X\` is no configuration: it is the secret that flows read by \`secret('X')\`. So are
  \`MILLRACE_ENV_X\`, which they read by \`env('X')\`, and \`MILLRACE_SERVER\`, the server that the command line asks.

Variables that other programs read, too, are honoured where nothing of the above names the key:

| variable | key |
|---|---|
| \`AWS_ACCESS_KEY_ID\`, \`AWS_SECRET_ACCESS_KEY\`, \`AWS_SESSION_TOKEN\` | \`accessKeyId\`, \`secretAccessKey\`, \`sessionToken\` of \`blobs\` (with \`type: s3\`) and of \`plugin.s3\`. A key comes whole from them: where the configuration has a part of it, none is taken |
| \`AWS_REGION\`, else \`AWS_DEFAULT_REGION\` | \`region\` of both |
| \`AWS_ENDPOINT_URL_S3\`, else \`AWS_ENDPOINT_URL\` | \`endpoint\` of both |
| \`http_proxy\`, else \`HTTP_PROXY\` | \`proxy.http\` |
| \`https_proxy\`, else \`HTTPS_PROXY\` | \`proxy.https\` |
| \`no_proxy\`, else \`NO_PROXY\` | \`proxy.except\`; separated by commas or spaces |

Flows cannot read them (\`env('X')\` sees \`MILLRACE_ENV_X\` only), but what the key of \`plugin.s3\` may do, a trigger of any
flow may do: see [its page](../plugins/s3/README.md). Large values are safe from flows when \`blobs\` has a key of its own.

\`\`\`yaml
kafka:
  brokers: [localhost:9092]
  prefix: shop.
worker:
  groups: [default]
plugin:
  http:
    allow: ['intranet.example', '10.0.0.0/8']
globals:
  api: https://pay.example
\`\`\`

This page is generated; the table from \`src/config/keys.ts\`.`;

function row([name, key]: readonly [string, Key<unknown>]): string {
  const fallback = key.fallback === undefined ? '' : `\`${JSON.stringify(key.fallback)}\``;
  const meaning = key.secret ? `${key.meaning} Not printed.` : key.meaning;
  const shown = name.replaceAll('*', '<name>');
  const variable = name.includes('*') ? '' : `\`${variableOf(name)}\``;
  return `| \`${shown}\` | ${fallback} | ${meaning} | ${variable} |`;
}

function table(): string {
  const head = ['| key | default | meaning | variable |', '|---|---|---|---|'];
  return [...head, ...Object.entries<Key<unknown>>(keys).map(row)].join('\n');
}

const generated: readonly GeneratedFile[] = [
  { file: 'docs/configuration.md', content: () => `${INTRODUCTION}\n\n${table()}\n` },
];
export default generated;
