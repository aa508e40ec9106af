/** Load at the pace that a test asks for: these waits are what is tested, and not waits for something. */

export function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1_000));
}

/** Spreads `count` calls evenly over `durationSeconds`; resolves when all have been answered. */
export async function paced(
  count: number,
  durationSeconds: number,
  call: (n: number) => Promise<void>,
): Promise<void> {
  const began = performance.now();
  const calls: Promise<void>[] = [];
  for (let n = 0; n < count; n += 1) {
    const waitMs = began + (n / count) * durationSeconds * 1_000 - performance.now();
    if (waitMs > 0) await seconds(waitMs / 1_000);
    calls.push(call(n));
  }
  await Promise.all(calls);
}
