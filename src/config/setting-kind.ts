import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import type { JsonObject } from '../support/json.ts';
import { type Kind, numberFrom, splitAtCommas, yamlFrom } from './kinds.ts';

/** The kind of a plugin's setting: its own JSON Schema says what it may be. */
export function settingKind(schema: JsonObject): Kind<unknown> {
  const ajv = new Ajv2020({ allErrors: false, allowUnionTypes: true, strict: false });
  const validate = ajv.compile(schema);
  return {
    schema: z.unknown().refine((value) => validate(value)),
    wanted: wantedBy(schema),
    fromText: textReader(schema['type']),
  };
}

function textReader(type: unknown): (text: string) => unknown {
  switch (type) {
    case 'array':
      return splitAtCommas;
    case 'integer':
    case 'number':
      return numberFrom;
    case 'string':
      return (text) => text;
    default:
      return yamlFrom;
  }
}

function wantedBy(schema: JsonObject): string {
  const { description, ...rules } = schema;
  const said = typeof description === 'string' ? ` (${description})` : '';
  return `as its plugin’s schema says: ${JSON.stringify(rules)}${said}`;
}
