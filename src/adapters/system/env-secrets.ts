import { readFileSync } from 'node:fs';
import { TerminalError } from '../../model/errors.ts';
import type { Secrets } from '../../ports/secrets.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Secrets from the environment. `secret('X')` is, in this order: `MILLRACE_SECRET_X` (plain), the content of
 * the file that `MILLRACE_SECRET_X_FILE` names (a mounted secret; read at each use, so that a rotated one is
 * seen; one newline at its end does not count), `SECRET_X` (base64, as Kestra has it). Then the same with the
 * name in upper case. Errors name the variable, never a value.
 */
export class EnvSecrets implements Secrets {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** @throws {@link TerminalError} `secret-unreadable` or `secret-not-base64`. */
  get(name: string): string | undefined {
    return this.#find(name) ?? this.#find(name.toUpperCase());
  }

  #find(name: string): string | undefined {
    const plain = this.#variable(`MILLRACE_SECRET_${name}`);
    if (plain !== undefined) return plain;
    const file = this.#variable(`MILLRACE_SECRET_${name}_FILE`);
    if (file !== undefined) return readSecretFile(`MILLRACE_SECRET_${name}_FILE`, file);
    const encoded = this.#variable(`SECRET_${name}`);
    return encoded === undefined ? undefined : decodeSecret(name, encoded);
  }

  #variable(name: string): string | undefined {
    // A secret may have any name, `constructor` included: only own variables count.
    return Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined;
  }
}

function readSecretFile(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new TerminalError(
      'secret-unreadable',
      `The file that ${variable} names cannot be read (${path}): mount it, or set the variable right.`,
      { cause: error },
    );
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Strict: Node's own decoder skips what is not base64 and would hand out a wrong secret. */
function decodeSecret(name: string, encoded: string): string {
  const compact = encoded.replaceAll(/\s/g, '');
  if (BASE64.test(compact)) {
    const bytes = Buffer.from(compact, 'base64');
    const text = bytes.toString('utf8');
    if (Buffer.from(text, 'utf8').equals(bytes)) return text;
  }
  throw new TerminalError(
    'secret-not-base64',
    `SECRET_${name} is not the base64 form of a text. Set it to the output of ` +
      `\`printf %s "$VALUE" | base64\`, or set MILLRACE_SECRET_${name} to the plain value.`,
  );
}
