import { openSqliteLog } from '../../src/adapters/sqlite/log.ts';
import { SystemClock } from '../../src/adapters/system/clock.ts';
import { silentLogger } from '../support/memory-ports.ts';
import { topicSpecs } from '../../src/records/topics.ts';
import { simulate } from './simulate.ts';
const l: any = await openSqliteLog({ file: ':memory:', topics: topicSpecs({ partitions: 1, workerGroups: ['default'] }), clock: new SystemClock(), logger: silentLogger } as any);
const proto = Object.getPrototypeOf(l);
const close = proto.close;
await l.close();
proto.close = async function (this: any) {
  const topics = this.parts.topics;
  for (let p = 0; p < 3; p++) {
    const t = topics.get('events', p);
    console.log('== partition', p, 'start', t.start, 'next', t.next);
    const recs: any[] = t.page(t.start, 100000);
    for (const r of (recs as any).records ?? recs) console.log(p, r.offset, r.timestampMs % 1000000, r.headers.m, r.value.slice(0, 100));
  }
  return close.call(this);
};
const r: any = await simulate(Number(process.argv[2]));
console.log(r.problems?.slice(0, 3));
