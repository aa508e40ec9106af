import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { formatProblem } from '../../../src/config/problems.ts';

function load(yaml: string) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-config-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, 'millrace.yaml'), yaml);
  const loaded = loadConfig({ env: {}, folder });
  return { ...loaded, said: loaded.problems.map(formatProblem) };
}

describe('large values', () => {
  const keyed = 'bucket: b, accessKeyId: k, secretAccessKey: s';

  it('on S3, with what Amazon wants', () => {
    const { config, problems } = load(`blobs: { type: s3, ${keyed}, region: eu-west-1 }`);
    expect(problems).toEqual([]);
    expect(config.blobs).toEqual({
      ...{ type: 's3', bucket: 'b', prefix: 'blobs/', region: 'eu-west-1' },
      ...{ endpoint: undefined, forcePathStyle: false },
      credentials: { accessKeyId: 'k', secretAccessKey: 's' },
    });
  });

  it.each([
    ['', true],
    [', forcePathStyle: false', false],
  ])('on a server of their own%s: bucket in the path %s', (more, forcePathStyle) => {
    const { config } = load(`blobs: { type: s3, ${keyed}, endpoint: 'http://minio:9000'${more} }`);
    expect(config.blobs).toMatchObject({ endpoint: 'http://minio:9000', forcePathStyle });
  });

  it.each([
    ['{ type: s3 }', '`s3` needs `blobs.bucket` and `blobs.accessKeyId` and `blobs.secretAccessK'],
    ['{ type: s3, bucket: b, accessKeyId: k }', '`s3` needs `blobs.secretAccessKey` beside it'],
    ['{ bucket: b }', 'blobs.bucket (millrace.yaml:1): needs `blobs.type: s3` beside it'],
  ])('%s: %s', (yaml, message) => {
    const { said } = load(`blobs: ${yaml}`);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(message);
  });
});
