/**
 * The names that `set` and `for` make, each a numbered slot of the evaluation. A loop's body is a scope:
 * names made in it live for one turn; `set` of a name that exists outside changes that one.
 */
export class Names {
  private readonly scopes: Map<string, number>[] = [new Map<string, number>()];
  private next = 0;

  /** How many slots an evaluation needs. */
  get count(): number {
    return this.next;
  }

  resolve(name: string): number | undefined {
    for (let at = this.scopes.length - 1; at >= 0; at--) {
      const slot = this.scopes[at]?.get(name);
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  /** A new name of the innermost scope, or its slot if that scope has it already. */
  declare(name: string): number {
    const scope = this.scopes.at(-1);
    const known = scope?.get(name);
    if (known !== undefined) return known;
    const slot = this.next++;
    scope?.set(name, slot);
    return slot;
  }

  /** Runs inside a scope of its own and returns the slots that were declared there. */
  inScope(work: () => void): readonly number[] {
    const scope = new Map<string, number>();
    this.scopes.push(scope);
    work();
    this.scopes.pop();
    return [...scope.values()];
  }

  /** Every name in sight. */
  visible(): readonly string[] {
    return this.scopes.flatMap((scope) => [...scope.keys()]);
  }
}
