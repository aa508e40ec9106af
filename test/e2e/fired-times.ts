/** Which due times of a schedule have an execution, read through the API. */

export interface Fired {
  readonly dueMs: number;
  readonly state: string;
}

/** A flow `shop/<id>` with one schedule, whose executions carry their due time as a label. */
export function flowOf(id: string, schedule: string): string {
  return `
id: ${id}
namespace: shop
triggers:
  - id: tick
    type: schedule
    ${schedule}
    labels: { due: << trigger.date >> }
tasks:
  - { id: said, type: log, message: << trigger.date >> }
`;
}

interface Page {
  readonly executions: readonly {
    readonly state: string;
    readonly labels: Readonly<Record<string, string>>;
  }[];
}

/** The newest 500, which is more than these tests wait for. */
export async function firedOf(origin: string, flow: string): Promise<readonly Fired[]> {
  const url = `${origin}/api/v1/executions?namespace=shop&flow=${flow}&limit=500`;
  const response = await fetch(url, { headers: { connection: 'close' } });
  // Our own answer; the schema of the API is tested elsewhere.
  const { executions } = (await response.json()) as Page;
  return executions.map(({ state, labels }) => ({
    dueMs: Date.parse(labels['due'] ?? ''),
    state,
  }));
}

/** All times from the first to the last, both included. */
export function timesOf(firstMs: number, lastMs: number, stepMs: number): readonly number[] {
  const count = Math.floor((lastMs - firstMs) / stepMs) + 1;
  return Array.from({ length: count }, (_, at) => firstMs + at * stepMs);
}
