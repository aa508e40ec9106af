/** A line that is written over, where somebody looks at a terminal. */
export class Progress {
  readonly #terminal: NodeJS.WriteStream | undefined;
  #shown = false;

  /** @param terminal undefined, or no terminal: nothing is shown. */
  constructor(terminal: NodeJS.WriteStream | undefined) {
    this.#terminal = terminal?.isTTY === true ? terminal : undefined;
  }

  show(line: string): void {
    if (this.#terminal === undefined) return;
    this.clear();
    this.#shown = true;
    this.#terminal.write(line);
  }

  clear(): void {
    if (this.#shown) this.#terminal?.write('\r\u001b[2K');
    this.#shown = false;
  }
}
