/** A member of a consumer group and the partitions it has, best claim first. */
export interface Claimant {
  readonly id: string;
  readonly owned: readonly number[];
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
  const free = new Set(Array.from({ length: partitions }, (_, partition) => partition));
  for (const { id, owned } of members.toSorted(byId)) {
    const kept = new Set(owned.filter((partition) => free.has(partition)));
    const hasMore = kept.size > share && seatsForOneMore > 0;
    if (hasMore) seatsForOneMore--;
    const seats = [...kept].slice(0, hasMore ? share + 1 : share);
    for (const partition of seats) free.delete(partition);
    plan.set(id, seats);
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
