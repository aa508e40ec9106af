import { join } from 'node:path';
import { cachedFolder } from './cache.ts';
import { output, outputIfAny } from './command.ts';
import { missingService } from './missing.ts';

/** librdkafka's Python client: a foreign producer whose partitioner is not the Java one. */
const PACKAGE = 'confluent-kafka';
const VERSION = '2.16.1';

/** A virtual environment works in any place: only the scripts of pip hold its first path. */
async function install(folder: string): Promise<void> {
  await output('python3', ['-m', 'venv', folder]);
  const python = join(folder, 'bin/python3');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  await output(python, [...pip, `${PACKAGE}==${VERSION}`]);
}

function sayUnavailable(reason: string): void {
  const message = `no Python client of Kafka: ${reason}`;
  if (process.env['CI'] !== undefined) throw missingService(message);
  console.error(message);
}

/**
 * A `python3` that can `import confluent_kafka`, installed from PyPI once a machine.
 *
 * @returns the path of the interpreter, or `undefined` with the reason printed when there is no
 *   usable Python; give it to `context.skip`. Throws instead when `CI` is set.
 */
export async function pythonWithKafka(): Promise<string | undefined> {
  const version = await outputIfAny('python3', ['-c', 'import sys; print(*sys.version_info[:2])']);
  if (version === undefined) {
    sayUnavailable('python3 is not installed');
    return undefined;
  }
  const name = `python${version.trim().replace(' ', '.')}-${PACKAGE}-${VERSION}`;
  try {
    const folder = await cachedFolder(name, install);
    const python = join(folder, 'bin/python3');
    await output(python, ['-c', 'import confluent_kafka']);
    return python;
  } catch (error) {
    sayUnavailable(String(error));
    return undefined;
  }
}
