/** What a test of S3 begins with; all of it ends with the test. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { s3Account } from '../services/s3.ts';
import { TestBucket } from '../services/s3-bucket.ts';

export async function emptyBucket(): Promise<TestBucket> {
  const bucket = await TestBucket.create(await s3Account());
  onTestFinished(() => bucket.close());
  return bucket;
}

/** The endpoint of a server that answers as it is told. */
export async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  // A TCP server's address is an AddressInfo; only pipes answer with a string.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
