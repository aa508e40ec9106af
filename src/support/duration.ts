/**
 * Durations as users write them: `250ms`, `30s`, `5m`, `2h`, `1d`, sums of these (`1h30m`), or ISO 8601
 * (`PT1H30M`, `P1D`). Months and years are refused: their length depends on the calendar.
 */
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const SHORT = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const SHORT_PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
const ISO = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Milliseconds, or undefined when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (SHORT.test(text)) {
    let total = 0;
    for (const [, amount, unit] of text.matchAll(SHORT_PART)) {
      total += Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
    }
    return Math.round(total);
  }
  const parts = ISO.exec(text);
  if (parts === null || text === 'P' || text.endsWith('T')) return undefined;
  const [weeks, days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return Math.round(
    (weeks ?? 0) * 604_800_000 +
      (days ?? 0) * 86_400_000 +
      (hours ?? 0) * 3_600_000 +
      (minutes ?? 0) * 60_000 +
      (seconds ?? 0) * 1_000,
  );
}

/** The shortest spelling that people read: `0ms`, `1.5s`, `2m`, `1h`, `3d`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)}ms`;
  if (milliseconds < 60_000) return `${trim(milliseconds / 1_000)}s`;
  if (milliseconds < 3_600_000) return `${trim(milliseconds / 60_000)}m`;
  if (milliseconds < 86_400_000) return `${trim(milliseconds / 3_600_000)}h`;
  return `${trim(milliseconds / 86_400_000)}d`;
}

function trim(amount: number): string {
  return String(Math.round(amount * 100) / 100);
}
