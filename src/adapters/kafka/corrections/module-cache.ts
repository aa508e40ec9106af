import { createRequire, Module } from 'node:module';
import type { LoadInternal } from '../kafkajs-internals.ts';

/**
 * The modules of the installed kafkajs, which are CommonJS and can be replaced before they are
 * asked for.
 */
export class KafkajsModules {
  readonly #require = createRequire(import.meta.url);

  /** True when somebody has imported kafkajs past us: its modules hold each other, uncorrected. */
  get isLoaded(): boolean {
    return this.#require.resolve('kafkajs') in this.#require.cache;
  }

  /** A file of the package, such as `package.json`. */
  readonly file = (path: string): unknown => this.#require(`kafkajs/${path}`);

  readonly load: LoadInternal = (path) => this.#require(`kafkajs/src/${path}`);

  /**
   * Puts `exports` in the place of a module that nobody has loaded yet, or that nobody keeps a hold
   * of.
   */
  replace(path: string, exports: unknown): void {
    const filename = this.#require.resolve(`kafkajs/src/${path}`);
    const module = new Module(filename);
    module.filename = filename;
    module.loaded = true;
    module.exports = exports;
    this.#require.cache[filename] = module;
  }
}
