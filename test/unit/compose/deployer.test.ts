import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deployer, type DeployedFile } from '../../../src/compose/deployer.ts';
import { catalogOf } from '../../../src/compose/wire.ts';
import { FlowFollower } from '../../../src/executor/flow-follower.ts';
import type { LogProducer } from '../../../src/ports/log.ts';
import { type MemoryPorts, memoryPorts } from '../../support/memory-ports.ts';

const catalog = catalogOf([]);
const options = { allOrNone: false, by: 'a test' };

let ports: MemoryPorts;
let follower: FlowFollower;
let deployer: Deployer;

beforeEach(async () => {
  ports = await memoryPorts();
  follower = new FlowFollower({ ...ports, catalog });
  deployer = new Deployer(ports.log.producer(), follower);
});

afterEach(async () => {
  await follower.close();
  await ports.close();
});

function file(id: string, message = 'hello') {
  const text = `id: ${id}\nnamespace: demo\ntasks: [{ id: a, type: log, message: ${message} }]\n`;
  return { file: `${id}.yaml`, text };
}

const bad = { file: 'bad.yaml', text: 'id: bad\nnamespace: demo\ntasks: [{ id: a, type: lag }]\n' };

function kinds(results: readonly DeployedFile[]): readonly string[] {
  return results.map(({ kind }) => kind);
}

describe('deploying files', () => {
  it('makes revisions of what is new or changed only', async () => {
    expect(kinds(await deployer.deploy([file('a'), file('b')], options))).toEqual([
      'created',
      'created',
    ]);
    const results = await deployer.deploy([file('a'), file('b', 'good day')], options);
    expect(results).toMatchObject([
      { kind: 'unchanged', flow: 'demo/a', revision: 1 },
      { kind: 'updated', flow: 'demo/b', revision: 2 },
    ]);
    expect((await ports.log.bounds('flows', 0)).end).toBe(3);
  });

  it('is in the replica once it is said', async () => {
    await deployer.deploy([file('a')], options);
    expect(follower.registry.head('demo', 'a')?.revision).toBe(1);
  });

  it('deploys the valid ones, or nothing', async () => {
    const files = [file('a'), bad];
    expect(kinds(await deployer.deploy(files, { ...options, allOrNone: true }))).toEqual([
      'held',
      'invalid',
    ]);
    expect((await ports.log.bounds('flows', 0)).end).toBe(0);
    expect(kinds(await deployer.deploy(files, options))).toEqual(['created', 'invalid']);
  });

  it('by several processes at the same time makes one revision', async () => {
    const others = await Promise.all(
      [1, 2, 3].map(async () => {
        const other = new FlowFollower({ ...ports, catalog });
        const results = await new Deployer(ports.log.producer(), other).deploy(
          [file('a')],
          options,
        );
        await other.close();
        return results;
      }),
    );
    for (const results of others) expect(results).toMatchObject([{ revision: 1 }]);
    await follower.current();
    expect(follower.registry.headOf('demo', 'a').revision).toBe(1);
  });

  it('comes again when somebody else deploys in between, and is the newest then', async () => {
    const producer = ports.log.producer();
    const second = new Deployer(producer, follower);
    let disturbed = false;
    const disturbing: LogProducer = {
      async send(...sent) {
        if (!disturbed) {
          disturbed = true;
          await second.deploy([file('a', 'between')], options);
        }
        return producer.send(...sent);
      },
      close: () => producer.close(),
    };
    const results = await new Deployer(disturbing, follower).deploy([file('a')], options);
    expect(results).toMatchObject([{ kind: 'updated', revision: 2 }]);
    expect(follower.registry.headOf('demo', 'a').source).toContain('hello');
  });

  it('says when the log does not take it', async () => {
    const closed = ports.log.producer();
    closed.close();
    await expect(new Deployer(closed, follower).deploy([file('a')], options)).rejects.toMatchObject(
      {
        code: 'log-unavailable',
        message: expect.stringContaining('a.yaml'),
      },
    );
  });
});
