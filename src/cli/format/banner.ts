import { parseDocument } from 'yaml';
import type { Config } from '../../config/config.ts';
import type { FlowDefinition } from '../../flow/definition.ts';
import type { FlowRegistry } from '../../flow/registry.ts';
import { isJsonObject, type Json } from '../../support/json.ts';
import { version } from '../../support/version.ts';
import type { Terminal } from '../terminal.ts';
import { paint } from './state.ts';
import { shortPath } from './text.ts';

export interface BannerOptions {
  readonly terminal: Terminal;
  readonly config: Config;
  readonly addresses: {
    readonly url: string | undefined;
    readonly managementUrl: string | undefined;
  };
  readonly registry: FlowRegistry;
  readonly invalid: readonly { readonly file: string }[];
  readonly roles: ReadonlySet<string>;
  readonly flows: string | undefined;
  readonly development: boolean;
  readonly watch: boolean;
}

const FLOWS_SHOWN = 5;
const DEFAULT_SERVER = 'http://127.0.0.1:8484';

/** What a person needs in the first minute: where it is, what it has, how to start something, how to watch it. */
export function banner(options: BannerOptions): string {
  const { terminal, addresses, registry, roles } = options;
  const { url, managementUrl } = addresses;
  const flows = registry.list();
  const rows: (readonly [string, string])[] = [
    ...(url === undefined ? [] : [['page', `${url}/`] as const]),
    ...(managementUrl === undefined ? [] : [['health', `${managementUrl}/readyz`] as const]),
    ...(options.development ? [] : [['roles', [...roles].join(', ')] as const]),
    ['log', logText(options)],
    ['flows', flowsText(options, flows)],
    ...(url === undefined ? [] : tryRows(url, flows, millraceWord(terminal.environment))),
  ];
  const lines = rows.map(
    ([name, text]) => `  ${paint(name.padEnd(8), 'gray', terminal.color)}${text}`,
  );
  return `Millrace ${version}\n\n${lines.join('\n')}\n\n`;
}

function logText({ config, terminal }: BannerOptions): string {
  const folder = shortPath(config.data.folder, terminal.folder);
  const { brokers, prefix } = config.kafka;
  return brokers.length === 0
    ? `embedded, in the data folder ${folder}`
    : `Kafka at ${brokers.join(', ')}, topics ${prefix}*; data folder ${folder}`;
}

function flowsText(
  { flows: place, watch, invalid }: BannerOptions,
  flows: readonly FlowDefinition[],
): string {
  const names = flows.slice(0, FLOWS_SHOWN).map(({ namespace, id }) => `${namespace}/${id}`);
  const more = flows.length > FLOWS_SHOWN ? [`${flows.length - FLOWS_SHOWN} more`] : [];
  const list =
    flows.length === 0 ? 'none yet' : `${flows.length}: ${[...names, ...more].join(', ')}`;
  const from = place === undefined ? '' : watch ? ` (${place} is watched)` : ` (from ${place})`;
  const bad = invalid.length === 0 ? '' : `; ${invalid.length} invalid, see above`;
  return `${list}${from}${bad}`;
}

function tryRows(
  url: string,
  flows: readonly FlowDefinition[],
  millrace: string,
): readonly (readonly [string, string])[] {
  const server = url === DEFAULT_SERVER ? '' : ` --server ${url}`;
  const example = flows.map((flow) => curlLine(url, flow)).find((line) => line !== undefined);
  return [
    ...(example === undefined ? [] : [['try', example] as const]),
    ['watch', `${millrace} events tail${server}`],
  ];
}

/** A request that fires a webhook of the flow which asks for no signature. */
function curlLine(url: string, flow: FlowDefinition): string | undefined {
  const { namespace, id, triggers, disabled, source } = flow;
  const hook = triggers.find(
    (trigger) =>
      trigger.type === 'webhook' && !trigger.disabled && trigger.properties['verify'] === undefined,
  );
  if (hook === undefined || disabled) return undefined;
  const address = `${url}/api/v1/webhooks/${namespace}/${id}/${hook.id}`;
  const body = JSON.stringify(exampleIn(source)).replaceAll("'", String.raw`'\''`);
  return `curl ${address} -H 'content-type: application/json' -d '${body}'`;
}

/** A flow may bring a body to try it with; keys that begin with `x-` are its author's own. */
function exampleIn(source: string): Json {
  const flow: unknown = parseDocument(source, { logLevel: 'silent' }).toJS();
  return (isJsonObject(flow) ? flow['x-example'] : undefined) ?? {};
}

/** The command as this person can type it: in a checkout it is npm's. */
export function millraceWord(environment: Terminal['environment']): string {
  return environment['npm_lifecycle_event'] === undefined ? 'millrace' : 'npx --no millrace';
}
