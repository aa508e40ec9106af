/** Creates an execution from a start that belongs to this partition. */
import type { CompiledValue } from '../../expression/index.ts';
import { ExpressionError } from '../../expression/index.ts';
import type { FlowDefinition } from '../../flow/definition.ts';
import { checkInputs } from '../../flow/inputs.ts';
import type { KeyWindowPlace } from '../../model/events.ts';
import type { Failure } from '../../model/failure.ts';
import { type ExecutionId, flowKey } from '../../model/ids.ts';
import type { StartRequest } from '../../model/starts.ts';
import type { Json, JsonObject } from '../../support/json.ts';
import type { Definitions } from '../definitions.ts';
import type { Draft } from '../draft.ts';
import { type Labels, labelsProblem, readLabels } from '../labels.ts';
import { advance } from '../progress/advance.ts';
import type { ContextSource } from '../progress/context.ts';
import { beginEnding } from '../progress/ending.ts';
import { ExecutionStep } from '../progress/execution-step.ts';
import { problemOf, render } from '../progress/render.ts';
import { renderTimeout } from '../progress/timeout.ts';
import type { ExecutionOrigin } from '../state/execution.ts';
import type { TaskProblem } from '../tasks/executor-task.ts';
import { applyHeldCommands } from './held-commands.ts';
import { rejectStart, type StartRecord } from './reject-start.ts';
import { tooLarge } from './start-size.ts';

/** A start with the id that its execution gets. */
export interface PlacedStart extends StartRecord {
  readonly start: StartRequest;
  readonly execution: ExecutionId;
}

export function beginExecution(draft: Draft, placed: PlacedStart, definitions: Definitions): void {
  const { start, execution, cause, timeMs } = placed;
  if (draft.execution(execution) !== undefined) {
    draft.count('start-repeated');
    return;
  }
  const known = duplicateOf(draft, placed);
  if (known !== undefined) {
    const requestedId = execution;
    draft.emit({ type: 'start.duplicate', time: timeMs, cause, requestedId, execution: known });
    return;
  }
  const flow = definitions.head(start.namespace, start.flow, start.flowsOffset);
  if (flow === undefined || flow.disabled) {
    return rejectStart(draft, placed, flowProblem(flow, start), withId(placed));
  }
  const running = liveOfTrigger(draft, start);
  if (running !== undefined) {
    const message = `execution ${running} of this trigger still runs, and its overlap is skip`;
    return rejectStart(draft, placed, { reason: 'overlap', message }, withId(placed));
  }
  const inputs = checkInputs(flow.inputs, start.inputs);
  if (!inputs.ok) {
    const message = inputs.problems.map((problem) => problem.message).join('; ');
    return rejectStart(draft, placed, { reason: 'inputs-invalid', message }, withId(placed));
  }
  create(draft, placed, definitions, flow, inputs.inputs);
}

/** An execution that this start must not overlap. All such starts of a trigger come to this partition. */
function liveOfTrigger(draft: Draft, start: StartRequest): ExecutionId | undefined {
  const { namespace, flow, trigger, overlap } = start;
  if (overlap === undefined || trigger.id === null) return undefined;
  return draft.state.base.liveOfTriggers.find({ namespace, flow, trigger });
}

/** The start with its id: a foreign one has it from its place. */
function withId({ start, execution }: PlacedStart): StartRequest {
  return { ...start, executionId: execution };
}

function duplicateOf(draft: Draft, { start, timeMs }: PlacedStart): ExecutionId | undefined {
  const key = start.idempotencyKey;
  return key === undefined ? undefined : draft.state.base.keys.find(key, timeMs)?.execution;
}

function flowProblem(
  flow: FlowDefinition | undefined,
  start: StartRequest,
): { readonly reason: string; readonly message: string } {
  const key = flowKey(start.namespace, start.flow);
  if (flow !== undefined) {
    return { reason: 'flow-disabled', message: `flow ${key} is disabled: it has disabled: true` };
  }
  const when = start.flowsOffset === undefined ? '' : ` as of offset ${start.flowsOffset} of flows`;
  return { reason: 'flow-unknown', message: `there is no flow ${key}${when}: deploy it first` };
}

function create(
  draft: Draft,
  placed: PlacedStart,
  definitions: Definitions,
  flow: FlowDefinition,
  inputs: JsonObject,
): void {
  const { start, execution, cause, timeMs } = placed;
  const origin = originOf(placed, definitions, flow, inputs);
  const rendered = renderStart(flow, start, origin);
  const { variables, labels } = rendered;
  const { globals, traceparent } = origin;
  const problem = tooLarge({ inputs, variables, labels, globals, trigger: start.trigger });
  if (problem !== undefined) return rejectStart(draft, placed, problem, withId(placed));
  const held = draft.heldCommands(execution);
  draft.emit({
    type: 'execution.created',
    time: timeMs,
    cause,
    execution,
    seq: 1,
    namespace: flow.namespace,
    flow: flow.id,
    revision: flow.revision,
    flowOffset: flow.offset,
    flowSha256: flow.sha256,
    inputs,
    labels,
    variables,
    globals,
    trigger: start.trigger,
    tasks: flow.tasks.length,
    ...(rendered.timeoutMs === undefined ? {} : { timeoutAtMs: timeMs + rendered.timeoutMs }),
    ...keyOf(draft, placed),
    ...(start.source === undefined ? {} : { source: start.source }),
    ...(start.overlap === undefined ? {} : { overlap: start.overlap }),
    ...(traceparent === undefined ? {} : { traceparent }),
  });
  const step = new ExecutionStep(draft, definitions, execution, { cause, timeMs });
  if (rendered.error !== undefined) {
    const { error } = rendered;
    beginEnding(step, { mode: 'abort', state: 'FAILED', reason: error.message, error });
  }
  applyHeldCommands(draft, definitions, execution, held);
  advance(step);
}

function originOf(
  { start, execution, timeMs }: PlacedStart,
  { globals }: Definitions,
  { namespace, id, revision }: FlowDefinition,
  inputs: JsonObject,
): ExecutionOrigin {
  const { trigger, traceparent } = start;
  const identity = { execution, namespace, flow: id, revision, startedAtMs: timeMs };
  const origin = { ...identity, inputs, globals, trigger };
  return traceparent === undefined ? origin : { ...origin, traceparent };
}

function keyOf(
  draft: Draft,
  { start, timeMs }: PlacedStart,
): { readonly idempotencyKey: string; readonly keyWindow: KeyWindowPlace } | undefined {
  const { idempotencyKey } = start;
  if (idempotencyKey === undefined) return undefined;
  const { place, dropped } = draft.state.base.keys.place(timeMs);
  if (dropped > 0) draft.count('keys-dropped', dropped);
  return { idempotencyKey, keyWindow: place };
}

interface RenderedStart {
  readonly variables: JsonObject;
  readonly labels: Labels;
  readonly timeoutMs?: number;
  /** The execution is created all the same, so that somebody sees it, and ends FAILED. */
  readonly error?: Failure;
}

/** The flow's variables in their order, each seeing those before it; then its labels. */
function renderStart(
  flow: FlowDefinition,
  start: StartRequest,
  origin: ExecutionOrigin,
): RenderedStart {
  const variables: Record<string, Json> = {};
  const source: ContextSource = {
    origin,
    state: 'CREATED',
    variables,
    labels: start.labels,
    nowMs: origin.startedAtMs,
  };
  try {
    for (const { id, value } of flow.variables) {
      // A copy: `vars` as a whole must not become a part of itself.
      const before = { ...source, variables: { ...variables } };
      variables[id] = renderAtStart(value, `variables.${id}`, before);
    }
    const read = readLabels(renderAtStart(flow.labels, 'labels', source), 'labels');
    const labels = read.ok ? { ...read.labels, ...start.labels } : start.labels;
    const message = read.ok ? labelsProblem(labels) : read.message;
    if (message === undefined) {
      const { timeout } = flow;
      if (timeout === undefined) return { variables, labels };
      return { variables, labels, timeoutMs: renderTimeout(timeout, source) };
    }
    return failed(variables, { ok: false, code: 'properties.invalid', message });
  } catch (error) {
    return failed(variables, problemOf(error));
  }
}

function failed(variables: JsonObject, { code, message, details }: TaskProblem): RenderedStart {
  const error = { code, message, ...(details === undefined ? {} : { details }) };
  return { variables, labels: {}, error };
}

/** At the start there is no task run in which a worker could evaluate. */
function renderAtStart(value: CompiledValue, name: string, source: ContextSource): Json {
  const { values, deferred } = render([[name, value]], source);
  const [first] = deferred;
  if (first === undefined) return values[name] ?? null;
  const place = { start: 0, end: first.template.length, path: name };
  const message =
    'cannot call secret or env, nor look into a value over 256 KB: do it in the property of a task';
  throw new ExpressionError('touches-reference', message, place);
}
