import type { Context } from 'hono';
import type { FetchedBatch } from '../ports/log.ts';
import { decodePublicRecord } from '../records/executions.ts';
import { checkReached, formatReached, parseReached } from './reached.ts';
import { askLog, type HttpServices } from './services.ts';

/**
 * The public records as they come, read from their topic as anybody would. An id is a vector of offsets;
 * whoever comes back with it goes on behind it.
 */
export async function streamPublic(context: Context, services: HttpServices): Promise<Response> {
  const { log } = services.options;
  const resume = parseReached(context.req.header('last-event-id'));
  if (resume !== undefined) await checkReached(services, 'executions', resume);
  return services.streams.answer(context, async (send, end) => {
    const reached = new Map<number, number>();
    for (let partition = 0; partition < log.partitions; partition += 1) {
      const bounds = askLog(services, (signal) => log.bounds('executions', partition, signal));
      reached.set(partition, resume?.get(partition) ?? (await bounds).end - 1);
    }
    send({ id: formatReached(reached), event: 'snapshot', data: { events: 0 } });
    const pass = ({ partition, records }: FetchedBatch): void => {
      for (const record of records) {
        reached.set(partition, record.offset);
        const decoded = decodePublicRecord(record);
        if (!decoded.ok) continue;
        const { type, ...rest } = decoded.value;
        const data = { partition, offset: record.offset, type, ...rest };
        send({ id: formatReached(reached), event: type, data });
      }
    };
    // Out of range: deleted while the client slept on. It comes again and is told.
    const subscription = log.subscribe({ onRecords: pass, onOutOfRange: end });
    for (const [partition, offset] of reached) {
      subscription.assign('executions', partition, offset + 1);
    }
    return () => {
      void subscription.close();
    };
  });
}
