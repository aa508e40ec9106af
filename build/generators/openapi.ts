/** schemas/openapi.json: the API as `/api/openapi.json` serves it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApiDocument } from '../../src/http/openapi.ts';
import type { GeneratedFile } from '../generated-file.ts';

function version(): string {
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  // Our own file.
  return (JSON.parse(text) as { version: string }).version;
}

const files: readonly GeneratedFile[] = [
  { file: 'schemas/openapi.json', content: () => JSON.stringify(openApiDocument(version())) },
];

export default files;
