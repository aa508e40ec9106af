/**
 * `AWS_*` and `HTTP_PROXY`, through the real command: the S3 of the run has a name that only the proxy knows, and so
 * has the service that a flow calls.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ForwardProxy } from '../services/forward-proxy.ts';
import { S3_START_TIMEOUT_MS, s3Account, type S3Account } from '../services/s3.ts';
import { TestBucket } from '../services/s3-bucket.ts';
import { eventually } from '../support/memory-ports.ts';
import { MillraceFolder } from './millrace-folder.ts';

let account: S3Account;
let bucket: TestBucket;
let proxy: ForwardProxy;
let service: Server;
let millrace: MillraceFolder;

beforeAll(async () => {
  account = await s3Account();
}, S3_START_TIMEOUT_MS);

beforeEach(async () => {
  bucket = await TestBucket.create(account);
  proxy = await ForwardProxy.start();
  service = createServer(({ headers }, response) => {
    response.end(`served ${String(headers['x-key'])}`);
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  // A TCP server's address is an AddressInfo.
  proxy.resolve('service.example', `http://x:${(service.address() as AddressInfo).port}`);
  proxy.resolve('storage.example', account.endpoint);
  millrace = await MillraceFolder.make({
    HTTP_PROXY: proxy.url,
    NO_PROXY: 'other.example',
    AWS_ENDPOINT_URL_S3: 'http://storage.example',
    AWS_DEFAULT_REGION: account.region,
    AWS_ACCESS_KEY_ID: account.accessKeyId,
    AWS_SECRET_ACCESS_KEY: account.secretAccessKey,
    MILLRACE_BLOBS__TYPE: 's3',
    MILLRACE_BLOBS__BUCKET: bucket.name,
    MILLRACE_PLUGIN__HTTP__ALLOW: 'service.example',
  });
});

afterEach(async () => {
  await millrace.remove();
  service.close();
  service.closeAllConnections();
  proxy.close();
  await bucket.close();
});

it('are enough for large values, for triggers and for calls', async () => {
  millrace.write(
    'flows/called.yaml',
    `
id: called
namespace: shop
inputs:
  - { id: text, type: string, required: false }
triggers:
  - { id: arrival, type: s3.arrival, bucket: ${bucket.name}, prefix: in/, interval: 1s, action: delete }
tasks:
  - id: call
    type: http.request
    uri: http://service.example/
    headers: { x-key: "<< env('AWS_SECRET_ACCESS_KEY') | default('none') >>" }
outputs:
  - { id: body, type: string, value: << outputs.call.body >> }
`,
  );
  await millrace.start();
  const inputs = JSON.stringify({ inputs: { text: 'x'.repeat(600_000) } });
  const { answer } = await millrace.post('/api/v1/executions/shop/called?wait=30s', inputs);
  expect(answer).toMatchObject({ state: 'SUCCESS', outputs: { body: 'served none' } });
  const [large = ''] = await bucket.keys();
  expect(large).toMatch(/^blobs\//);

  await bucket.put('in/a', 'a');
  await eventually('the object to be taken', async () => (await bucket.keys()).length === 1);
  await eventually('its execution', () => calls().length === 2);
  expect(proxy.asked).toContain(`PUT http://storage.example/${bucket.name}/${large}`);
  expect(proxy.asked).toContain(`DELETE http://storage.example/${bucket.name}/in/a`);
});

function calls(): readonly string[] {
  return proxy.asked.filter((line) => line === 'GET http://service.example/');
}
