/** A port's contract as cases, which every adapter of the port runs. */
import { describe, expect, test } from 'vitest';

/** What a case gets: the adapter, with what belongs to it. */
export interface ContractHarness {
  close(): Promise<void>;
}

export interface ContractCase<Harness extends ContractHarness> {
  readonly name: string;
  run(harness: Harness): Promise<void>;
}

/** Registers every case, each with a harness of its own, and a test that all of them ran. */
export function describeContract<Harness extends ContractHarness>(
  name: string,
  cases: readonly ContractCase<Harness>[],
  makeHarness: () => Promise<Harness>,
): void {
  describe(name, () => {
    const ran: string[] = [];
    let missing: unknown;
    for (const { name, run } of cases) {
      test(name, async () => {
        const harness = await makeHarness().catch((error: unknown) => {
          missing = error;
          throw error;
        });
        try {
          await run(harness);
        } finally {
          await harness.close();
        }
        ran.push(name);
      });
    }
    test('every case of the contract ran', () => {
      // Without the service behind the adapter this test, too, says what is missing.
      if (missing instanceof Error) throw missing;
      expect(ran).toEqual(cases.map((each) => each.name));
    });
  });
}
