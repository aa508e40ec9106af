import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { TaskType } from '../model/catalog.ts';
import { TaskFailure } from '../plugin/index.ts';
import type { JsonObject } from '../support/json.ts';

const ajv = new Ajv2020({ allowUnionTypes: true, strict: false });

/** Checks evaluated properties against their task type's schema; each schema is compiled once. */
export class PropertyCheck {
  readonly #checks = new Map<string, ValidateFunction>();

  /** @throws {@link TaskFailure} `properties.invalid`, definite: nothing has been done. */
  check(type: TaskType, properties: JsonObject): void {
    const check = this.#checkOf(type);
    if (check(properties)) return;
    const [first] = check.errors ?? [];
    const at = (first?.instancePath ?? '').slice(1).replaceAll('/', '.');
    throw new TaskFailure(
      'properties.invalid',
      `${type.type}: ${at === '' ? 'the properties' : at} ${first?.message ?? 'do not fit'}`,
      { outcome: 'definite', details: { property: at } },
    );
  }

  #checkOf(type: TaskType): ValidateFunction {
    let check = this.#checks.get(type.type);
    if (check === undefined) {
      check = ajv.compile({
        type: 'object',
        properties: type.properties,
        required: type.required,
        additionalProperties: false,
      });
      this.#checks.set(type.type, check);
    }
    return check;
  }
}
