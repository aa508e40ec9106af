import { inject } from 'vitest';
import { ServiceMissing } from './missing.ts';
import type { Answer } from './run-services.ts';

/**
 * Asks the run's main process for a service, see run-services.ts.
 *
 * @throws ServiceMissing when it cannot run here: the test shows as skipped, and fails when `CI` is set
 */
export async function ask(path: string): Promise<string> {
  // A connection of its own, closed at once: a kept one would look like a leaked handle.
  const response = await fetch(inject('servicesUrl') + path, { headers: { connection: 'close' } });
  // The other side is run-services.ts, which answers with nothing else.
  const answer = (await response.json()) as Answer;
  if ('value' in answer) return answer.value;
  throw answer.missing ? new ServiceMissing(answer.error) : new Error(answer.error);
}
