/** Golden traces (test/traces/): what the engine does, exactly. `npm test -- -u` rewrites them; review the diff. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dumpState } from './dump.ts';
import { Trace } from './trace.ts';

const FOLDER = join(import.meta.dirname, '../../traces');
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.txt'));

describe('golden traces', () => {
  it.each(files)('%s', async (file) => {
    const path = join(FOLDER, file);
    const [commands = ''] = readFileSync(path, 'utf8').split(/^----$/m);
    const trace = new Trace();
    const output = trace.run(commands);
    await expect(`${commands.trimEnd()}\n----\n${output}`).toMatchFileSnapshot(path);
    expect(dumpState(trace.engine.replayed())).toEqual(dumpState(trace.engine.state));
  });
});
