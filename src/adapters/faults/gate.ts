/** What passes while it is open waits while it is closed, in order; once locked, for ever. */
export class Gate {
  #waiting: (() => void)[] = [];
  #open = true;
  #locked = false;

  get isOpen(): boolean {
    return this.#open && !this.#locked;
  }

  close(): void {
    this.#open = false;
  }

  open(): void {
    this.#open = true;
    if (this.#locked) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const pass of waiting) pass();
  }

  lock(): void {
    this.#locked = true;
    this.#waiting = [];
  }

  /** Calls now, or when it opens; never when it is locked. */
  through(call: () => void): void {
    if (this.isOpen) call();
    else void this.pass().then(call);
  }

  /** Resolves when the gate is open; never when it is locked. */
  async pass(): Promise<void> {
    while (!this.isOpen) {
      await new Promise<void>((resolve) => {
        if (!this.#locked) this.#waiting.push(resolve);
      });
    }
  }
}
