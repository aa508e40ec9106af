import { referenceMarker } from '../model/reference.ts';
import { TaskFailure } from '../plugin/index.ts';
import type { JsonObject } from '../support/json.ts';

/**
 * Refuses outputs that imitate a reference: data from outside must not make the engine read a blob of
 * somebody else (S12).
 */
export function refuseImitations(outputs: JsonObject, text: string): void {
  if (!text.includes(referenceMarker)) return;
  const key = Object.keys(outputs).find((name) =>
    JSON.stringify(outputs[name] ?? null).includes(`"${referenceMarker}"`),
  );
  if (key === undefined) return;
  throw new TaskFailure(
    'outputs.reserved-key',
    `output ${key} has the key ${referenceMarker}, which is reserved`,
    { outcome: 'definite' },
  );
}
