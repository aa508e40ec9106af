/** What is wrong with a schedule is told when its flow is read, where it stands. */
import { expect, it } from 'vitest';
import { catalogOf } from '../../../src/compose/wire.ts';
import { readFlow } from '../../../src/flow/read-flow.ts';
import { PluginHost } from '../../../src/plugin/host.ts';

const { manifests } = await PluginHost.load([], {});
const catalog = catalogOf(manifests);

function said(properties: string, type = 'schedule'): readonly string[] {
  const source = `id: flow
namespace: demo
triggers:
  - id: tick
    type: ${type}
${properties
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
tasks: [{ id: say, type: log, message: hello }]
`;
  const { diagnostics } = readFlow(source, { catalog, file: 'flow.yaml' });
  return diagnostics.map(
    ({ code, message, range }) => `${range.line}:${range.column} ${code} ${message}`,
  );
}

it.each([
  ['cron: 61 * * * *', /^6:11 property-invalid .*cron.*five fields.*minute: 61/],
  ['cron: "* * * *"', /^6:11 property-invalid .*five fields/],
  ['cron: "? * * * *"', /^6:11 property-invalid/],
  ['cron: "2026-12-24T18:00:00"', /^6:11 property-invalid/],
  ['cron: "@reboot"', /^6:11 property-invalid/],
  ['cron: "* * * * * * *"', /^6:11 property-invalid/],
  ['cron: "@daily"\ntimezone: Mars/Olympus', /^7:15 property-invalid .*IANA name/],
  ['cron: "@daily"\ntimezone: "+02:00"', /^7:15 property-invalid .*IANA name/],
  ['every: soon', /^6:12 property-invalid .*duration/],
  ['every: 999ms', /^6:12 property-invalid .*at least a second.*999ms/],
  ['every: 0s', /^6:12 property-invalid .*at least a second/],
  ['dates: [2026-12-24]', /^6:13 property-invalid .*date-time/],
  ['timezone: UTC', /^4:5 property-missing .*`cron`, `every`, `dates`/],
  ['cron: "@daily"\nevery: 1h', /^7:12 property-invalid .*only one of/],
  ['cron: "@daily"\nmisses: some', /^7:13 property-invalid .*none, last, all/],
  ['cron: "@daily"\noverlap: queue', /^7:14 property-invalid .*allow, skip/],
])('%s', (properties, expected) => {
  const all = said(properties);
  expect(all).toHaveLength(1);
  expect(all[0]).toMatch(expected);
});

it('how often a poll looks, too', () => {
  const interval = (text: string): string => `bucket: inbox\ninterval: ${text}`;
  expect(said(interval('1s'), 's3.arrival')).toEqual([]);
  expect(said(interval('500ms'), 's3.arrival')).toEqual([
    expect.stringMatching(/^7:15 property-invalid .*at least a second.*500ms/),
  ]);
});

it.each([
  'cron: 30 2 * * MON-FRI\ntimezone: America/Argentina/Buenos_Aires',
  'cron: "*/5 * * * * *"',
  'cron: "@hourly"',
  'cron: 0 0 L * *',
  'every: 1s',
  'every: PT15M\nmisses: all\noverlap: skip',
  'dates: ["2026-12-24T18:00:00+01:00", "2026-12-25T00:00:00Z"]',
])('nothing is wrong with %s', (properties) => {
  expect(said(properties)).toEqual([]);
});

it.each([
  [
    'bucket: b\naction: move',
    /^7:13 property-missing trigger `tick` needs `moveTo`, since its `action` is `move`$/,
  ],
  ['bucket: b\naction: tag', /^7:13 property-missing trigger `tick` needs `tags`/],
  ['bucket: b\npattern: (', /^7:14 property-invalid .*regular expression \(RE2; .*missing closing/],
])('an arrival of %j is refused', (properties, expected) => {
  expect(said(properties, 's3.arrival')).toEqual([expect.stringMatching(expected)]);
});

it('an arrival whose action has what it needs is taken', () => {
  const move = 'bucket: b\npattern: x$\naction: move\nmoveTo: { prefix: done/ }';
  expect(said(move, 's3.arrival')).toEqual([]);
  expect(said('bucket: b\naction: delete', 's3.arrival')).toEqual([]);
});

it('where a stream may begin is said in words', () => {
  expect(said('topic: orders\nstartFrom: yesterday', 'kafka.realtime')).toEqual([
    '7:16 property-invalid `startFrom` of trigger `tick` must be `latest`, `earliest`, or a time such as 2026-01-31T12:00:00Z, and is `yesterday`',
  ]);
});
