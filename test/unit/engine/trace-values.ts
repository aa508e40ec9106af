/** Values of a trace's commands. */
import type { TaskFinished } from '../../../src/model/commands.ts';
import type { Failure } from '../../../src/model/failure.ts';
import { executionId } from '../../../src/model/ids.ts';
import type { SourcePosition, StartRequest } from '../../../src/model/starts.ts';
import { isJsonObject, type JsonObject } from '../../../src/support/json.ts';
import type { Line } from './trace-line.ts';

export function startOf({ words: [flow = ''], json, options }: Line): Partial<StartRequest> {
  const [namespace = '', id = ''] = flow.split('/');
  const label = options.get('label')?.split(':');
  const key = options.get('key');
  const source = sourceOf(options);
  const executionIdText = options.get('id');
  const flows = options.get('flows');
  const trigger = options.get('trigger');
  return {
    namespace,
    flow: id,
    inputs: json ?? {},
    labels: label === undefined ? {} : { [label[0] ?? '']: label[1] ?? '' },
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(source === undefined ? {} : { source }),
    ...(executionIdText === undefined ? {} : { executionId: executionId(executionIdText) }),
    ...(flows === undefined ? {} : { flowsOffset: Number(flows) }),
    ...(trigger === undefined ? {} : { trigger: { type: 'schedule', id: trigger } }),
    ...(options.get('overlap') === 'skip' ? { overlap: 'skip' } : {}),
  };
}

export function sourceOf(options: ReadonlyMap<string, string>): SourcePosition | undefined {
  const [id, sequence] = options.get('source')?.split(':') ?? [];
  return id === undefined ? undefined : { id, sequence: Number(sequence) };
}

export function resultOf(
  state: string | undefined,
  json: JsonObject,
  options: ReadonlyMap<string, string>,
): TaskFinished['result'] {
  if (state === 'SUCCESS' || state === 'WARNING') return { state, outputs: json };
  const failed = {
    state: state === 'KILLED' ? 'KILLED' : 'FAILED',
    error: errorOf(json),
    outcome: options.get('outcome') === 'unknown' ? 'unknown' : 'definite',
  } as const;
  const { outputs } = json;
  return isJsonObject(outputs) ? { ...failed, outputs } : failed;
}

function errorOf(json: JsonObject): Failure {
  const { code = 'http.status', message = 'it failed', details } = json;
  if (typeof code !== 'string' || typeof message !== 'string') throw new Error('texts, please');
  return {
    code: code as Failure['code'],
    message,
    ...(isJsonObject(details) ? { details } : {}),
  };
}
