/**
 * A stream trigger in one of the processes that share its events out. The source of an event (topic id and
 * partition, say) and its sequence make it one start, whichever process sends it, and however often.
 */
import { triggerSource } from '../model/triggers.ts';
import type { StreamContext, StreamEvent } from '../plugin/index.ts';
import type { JsonObject } from '../support/json.ts';
import { Positions } from './positions.ts';
import { pluginContext, type RunContext } from './run-context.ts';
import { SourceLine } from './sequenced-starts.ts';

/** Runs until the signal aborts. @throws what the trigger cannot mend. */
export async function runStream(run: RunContext<'stream'>, properties: JsonObject): Promise<void> {
  const { target, services, signal } = run;
  const positions = new Positions(services, target.key);
  const context = contextOf(run, positions);
  try {
    await target.trigger.run(properties, { ...context, signal });
  } finally {
    positions.close();
  }
}

function contextOf(run: RunContext<'stream'>, positions: Positions): StreamContext {
  const { services, target, delivery, report, masker, signal } = run;
  const { clock, metrics } = services;
  const { namespace, id: flow } = target.flow;
  const labels = { namespace, flow, trigger: target.definition.id };
  const lines = new Map<string, SourceLine>();
  const lineOf = (source: string): SourceLine => {
    let line = lines.get(source);
    if (line === undefined) {
      line = new SourceLine(services.sequenced, signal);
      lines.set(source, line);
    }
    return line;
  };
  return {
    ...pluginContext(services, target, masker, signal),
    emit: (event) =>
      untilAborted(signal, async () => {
        const { source, sequence } = event;
        const isRepeat = sequence <= (positions.of(source) ?? -1);
        const place = { line: lineOf(source), position: positionOf(target.key, event), isRepeat };
        const safe = positions.begin(source, sequence);
        const result = await delivery.sequenced({ ...event, timeMs: clock.now() }, place);
        safe();
        if (result === 'started') report.fired(clock.now());
      }),
    refuse: (event) => untilAborted(signal, () => delivery.refuse(event)),
    report({ lag, waiting }) {
      if (lag !== undefined) {
        report.lag(lag);
        metrics.gauge('millrace_trigger_lag', lag, labels);
      }
      if (waiting === undefined) report.state('RUNNING');
      else report.state('WAITING', masker.text(waiting));
    },
    position: (source) => positions.of(source),
  };
}

function positionOf(key: string, { source, sequence }: StreamEvent) {
  return { id: triggerSource(key, source), sequence };
}

/** A trigger that stops waits for nobody: what was not acknowledged by then comes again. */
async function untilAborted<Result>(
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    // An abort signal's reason is what its controller gave: an Error of ours.
    aborted.reject(signal.reason as Error);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
