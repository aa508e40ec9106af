/** A member of a consumer group and the partitions it has, best claim first. */
export interface Claimant {
  readonly id: string;
  readonly owned: readonly number[];
}

/** What a member says of itself when it joins. */
export interface Claim extends Claimant {
  /** The generation that gave them to it; -1 before the first. */
  readonly generation: number;
}

/**
 * Where two members claim a partition, one of them missed a rebalance (it was stopped for a while); the one with
 * the newer generation has it.
 */
export function newestClaims(claims: readonly Claim[]): readonly Claimant[] {
  const newest = new Map<number, number>();
  for (const { owned, generation } of claims) {
    for (const partition of owned) {
      newest.set(partition, Math.max(newest.get(partition) ?? generation, generation));
    }
  }
  return claims.map(({ id, owned, generation }) => {
    return { id, owned: owned.filter((partition) => newest.get(partition) === generation) };
  });
}

/**
 * Shares partitions 0 … partitions - 1 out among members: nobody has two more than another, and as few as possible
 * move. Pure, and the same for the same members in any order. Of two claims on one partition the earlier member's
 * (by id) holds.
 *
 * Everybody keeps up to floor(partitions / members); the rest of that division are seats for one more, which go first
 * to those who have more than that, and everything left over goes to whoever has least.
 */
export function stickyAssign(
  partitions: number,
  members: readonly Claimant[],
): Map<string, number[]> {
  const plan = new Map<string, number[]>();
  if (members.length === 0) return plan;
  const share = Math.floor(partitions / members.length);
  let seatsForOneMore = partitions % members.length;
  const unclaimed = new Set(Array.from({ length: partitions }, (_, partition) => partition));
  const free = new Set(unclaimed);
  for (const { id, owned } of members.toSorted(byId)) {
    const claimed = owned.filter((partition) => unclaimed.delete(partition));
    const hasMore = claimed.length > share && seatsForOneMore > 0;
    if (hasMore) seatsForOneMore--;
    const kept = claimed.slice(0, hasMore ? share + 1 : share);
    for (const partition of kept) free.delete(partition);
    plan.set(id, kept);
  }
  for (const partition of free) leastLoaded(plan).push(partition);
  for (const seats of plan.values()) seats.sort((left, right) => left - right);
  return plan;
}

function leastLoaded(plan: ReadonlyMap<string, number[]>): number[] {
  return [...plan.values()].reduce((least, seats) => (seats.length < least.length ? seats : least));
}

function byId(left: Claimant, right: Claimant): number {
  return left.id < right.id ? -1 : 1;
}
