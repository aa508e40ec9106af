import { z } from '@hono/zod-openapi';
import { ConnectionMissing, type Trigger } from '../plugin/index.ts';
import type { StateRecord } from '../model/triggers.ts';
import type { JsonObject } from '../support/json.ts';
import { keepNewest, readStates } from '../trigger/owned-partition.ts';
import { keyOf, type KnownTrigger } from '../trigger/target.ts';
import type { FlowTrigger } from '../trigger/trigger-properties.ts';
import { type Tried, tryTrigger } from '../trigger/try-trigger.ts';
import { Problem } from './problem.ts';
import { askLog, type HttpServices } from './services.ts';
import { within } from './within.ts';

/** How long a try may take: it asks the outside. */
const TRY_MS = 20_000;

export const triedSchema = z
  .object({
    events: z.array(
      z.looseObject({
        trigger: z.looseObject({}),
        outcome: z.enum(['would-start', 'filtered', 'refused']),
      }),
    ),
    isCut: z.boolean(),
    dueTimes: z.array(z.string()).optional(),
  })
  .openapi('TriedTrigger');

/** @throws {@link Problem} 409 for a webhook, 422 with what the trigger says, 503 when it takes too long. */
export async function tryOut(services: HttpServices, found: FlowTrigger): Promise<Tried> {
  const { options } = services;
  const target = await targetOf(services, found);
  const state = target.trigger.kind === 'poll' ? await stateOf(services, target.key) : undefined;
  const { registry } = options.flows;
  try {
    return await within(
      options.clock,
      TRY_MS,
      (signal) => tryTrigger({ surroundings: options, registry, target, state, signal }),
      () => slow(target.key),
    );
  } catch (error) {
    if (error instanceof Problem) throw error;
    const code = error instanceof ConnectionMissing ? 'connection-missing' : 'trigger-failed';
    const detail = error instanceof Error ? error.message : String(error);
    throw new Problem(422, code, detail, { cause: error });
  }
}

function slow(key: string): Problem {
  const detail = `Trigger ${key} does not answer in ${TRY_MS} ms`;
  return new Problem(503, 'trigger-slow', detail, { retryAfterSeconds: 5 });
}

async function targetOf(
  { options }: HttpServices,
  found: FlowTrigger,
): Promise<KnownTrigger & { readonly trigger: Exclude<Trigger, { readonly kind: 'request' }> }> {
  const { type } = found.definition;
  const key = keyOf(found);
  const code = await options.plugins.trigger(type);
  if (code === undefined) {
    throw new Problem(422, 'trigger-failed', `No plugin of this process has ${type}`);
  }
  const { trigger, settings } = code;
  if (trigger.kind === 'request') {
    const detail = `Trigger ${key} waits for requests: send it one to see what it does`;
    throw new Problem(409, 'trigger-of-requests', detail);
  }
  return { ...found, key, trigger, settings };
}

async function stateOf(services: HttpServices, key: string): Promise<JsonObject | undefined> {
  const { log, board } = services.options;
  const partition = board.partitionOf(key);
  return askLog(services, async (signal) => {
    const { end } = await log.bounds('triggers', partition, signal);
    const states = new Map<string, StateRecord>();
    for await (const { record } of readStates(log, { partition, end }, signal)) {
      if (record.trigger === key) keepNewest(states, record);
    }
    return states.get(key)?.state;
  });
}
