const formats = new Map<string, Intl.DateTimeFormat>();

/** ISO 8601 to the second with the zone's offset: `2026-03-29T03:00:00+02:00`; UTC is `Z`. */
export function zonedText(timeMs: number, timezone: string): string {
  const parts = formatOf(timezone).formatToParts(timeMs);
  const of = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((part) => part.type === type)?.value ?? '';
  const date = `${of('year').padStart(4, '0')}-${of('month')}-${of('day')}`;
  // `GMT+02:00`; for none plain `GMT`, or `GMT+00:00`.
  const offset = of('timeZoneName').slice('GMT'.length);
  const isNone = offset === '' || offset === '+00:00';
  const time = `${of('hour')}:${of('minute')}:${of('second')}`;
  return `${date}T${time}${isNone ? 'Z' : offset}`;
}

function formatOf(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      timeZoneName: 'longOffset',
    });
    formats.set(timezone, format);
  }
  return format;
}
