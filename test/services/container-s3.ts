/** versitygw in a container, on machines where a Docker engine answers. */
import type { S3Server } from './s3-server.ts';

const VERSION = '1.8.0';
const IMAGE = `versity/versitygw:v${VERSION}`;
const PORT = 7070;
/** Holds the pull of the image, too. */
const START_TIMEOUT_MS = 120_000;

const ACCESS_KEY_ID = 'millrace-tests';
const SECRET_ACCESS_KEY = 'millrace-tests-secret';

/** Attributes lie beside the objects: a container's file system may have no extended ones. */
const SCRIPT =
  'mkdir -p /tmp/s3/buckets /tmp/s3/versions /tmp/s3/attributes && ' +
  `exec versitygw --port :${PORT} --health /health --quiet ` +
  'posix --sidecar /tmp/s3/attributes --versioning-dir /tmp/s3/versions /tmp/s3/buckets';

/** testcontainers' own reaper removes the container if this process goes first. */
export async function startContainerS3(): Promise<S3Server> {
  // Loaded on demand: it brings a Docker client, and most runs of the tests never need one.
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer(IMAGE)
    .withEnvironment({ ROOT_ACCESS_KEY: ACCESS_KEY_ID, ROOT_SECRET_KEY: SECRET_ACCESS_KEY })
    .withEntrypoint(['sh', '-c', SCRIPT])
    .withExposedPorts(PORT)
    .withWaitStrategy(Wait.forHttp('/health', PORT))
    .withStartupTimeout(START_TIMEOUT_MS)
    .start();
  const endpoint = `http://127.0.0.1:${container.getMappedPort(PORT)}`;
  const keys = { accessKeyId: ACCESS_KEY_ID, secretAccessKey: SECRET_ACCESS_KEY };
  return {
    account: { server: 'versitygw', endpoint, region: 'us-east-1', ...keys },
    name: `versitygw ${VERSION}, in a container`,
    stop: async () => {
      await container.stop();
    },
  };
}
