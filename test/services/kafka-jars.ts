import { join } from 'node:path';
import { cachedFolder } from './cache.ts';
import { output, outputIfAny } from './command.ts';

/** Keep in step with build/kafka/pom.xml: the cache folder bears it. */
const KAFKA_VERSION = '4.4.0';
const JAVA_MIN = 17;

const POM = join(import.meta.dirname, '../../build/kafka/pom.xml');

/** Why a Java broker cannot run here, or `undefined` when it can. */
export async function javaProblem(): Promise<string | undefined> {
  const banner = await outputIfAny('java', ['-version']);
  if (banner === undefined) return 'Java is not installed';
  const major = Number(/version "(?:1\.)?(\d+)/.exec(banner)?.[1] ?? 0);
  return major >= JAVA_MIN ? undefined : `Java ${JAVA_MIN} or newer is needed, found ${major}`;
}

/**
 * The folder with the jars of the broker and of Kafka's Java clients, fetched by Maven once a machine
 * (about 45 jars, 43 MB). Throws when they are not cached and Maven cannot fetch them.
 */
export function kafkaJars(): Promise<string> {
  return cachedFolder(`kafka-${KAFKA_VERSION}`, async (folder) => {
    await output('mvn', [
      ...['--quiet', '--batch-mode', '--file', POM],
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${folder}`,
    ]);
  });
}
