/** One execution's records repeat its times: the last text is kept. */
let lastMs = Number.NaN;
let lastText = '';

/** ISO 8601 in UTC with milliseconds. */
export function isoTime(milliseconds: number): string {
  if (milliseconds !== lastMs) {
    lastText = new Date(milliseconds).toISOString();
    lastMs = milliseconds;
  }
  return lastText;
}
