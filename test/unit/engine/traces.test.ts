/** Golden traces (test/traces/): what the engine does, exactly. `npm test -- -u` rewrites them; review the diff. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/model/events.ts';
import { decodeEvent, encodeEvent } from '../../../src/records/events.ts';
import { dumpState } from './dump.ts';
import { Trace } from './trace.ts';

const FOLDER = join(import.meta.dirname, '../../traces');
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.txt'));

/** What the engine emits is what the log's codec takes and gives back. */
function expectRecordable(events: readonly Event[]): void {
  const position = { epoch: 0, batch: 0, index: 0, nextStart: 0, nextCommand: 0, confirmed: -1 };
  for (const event of events) {
    const { key, value, headers = {} } = encodeEvent(event, position);
    const record = { key, value, headers, offset: 1, timestampMs: 0 };
    expect(decodeEvent(record)).toEqual({ kind: 'event', event, position });
  }
}

describe('golden traces', () => {
  it.each(files)('%s', async (file) => {
    const path = join(FOLDER, file);
    const [commands = ''] = readFileSync(path, 'utf8').split(/^----$/m);
    const trace = new Trace();
    const output = trace.run(commands);
    await expect(`${commands.trimEnd()}\n----\n${output}`).toMatchFileSnapshot(path);
    expectRecordable(trace.engine.log.map(({ event }) => event));
    expect(dumpState(trace.engine.replayed())).toEqual(dumpState(trace.engine.state));
  });
});
