import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const PROBE_TIMEOUT_MS = 3_000;
const PROBE_PAUSE_MS = 100;

/**
 * ApiVersions v0 without a client id: the first thing that every Kafka client asks.
 * `size:int32 api_key:int16=18 api_version:int16=0 correlation_id:int32 client_id:nullable_string=-1`
 */
const API_VERSIONS_REQUEST = Buffer.from('0000000a' + '0012' + '0000' + '00000001' + 'ffff', 'hex');

/**
 * True when the broker answers a request. A KRaft broker opens its listener only when its controller
 * has let it in, so an answer means that it serves.
 */
async function answers(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    await once(socket, 'connect', { signal });
    socket.write(API_VERSIONS_REQUEST);
    await once(socket, 'data', { signal });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * Waits until the broker at `bootstrap` (`host:port`) answers.
 *
 * @param problem - says why waiting is pointless (the process ended), or `undefined`
 * @throws Error with that problem, or when `timeoutMs` have passed
 */
export async function brokerAnswers(
  bootstrap: string,
  timeoutMs: number,
  problem: () => string | undefined,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  const [host = '', port] = bootstrap.split(':');
  while (!(await answers(host, Number(port)))) {
    const trouble = problem();
    if (trouble !== undefined) throw new Error(trouble);
    if (Date.now() > deadline) throw new Error(`no answer within ${timeoutMs / 1000} s`);
    await pause(PROBE_PAUSE_MS);
  }
}
