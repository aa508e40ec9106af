import { Cron } from 'croner';
import type { Times } from './schedule.ts';

/**
 * Due times of a cron expression in a time zone, by croner.
 *
 * When clocks go forward, a time that does not exist (02:30 of that day) is due at the moment of the change, when
 * hour and minute are fixed; what repeats by `*` or a step goes on with the hours that there are. When clocks go
 * back, a fixed time that exists twice is due the first time only, and what repeats is due in both hours. Lists and
 * ranges count as fixed.
 */
export function cronTimes(pattern: string, timezone: string): Times {
  const cron = new Cron(pattern, {
    timezone,
    // Nothing runs by itself: it is only asked.
    paused: true,
    mode: '5-or-6-parts',
    fixedTimeRule: 'no-wildcard',
  });
  const times: Times = {
    next: (afterMs) => cron.nextRun(new Date(afterMs))?.getTime(),
    previous: (beforeMs) => cron.previousRuns(1, new Date(beforeMs))[0]?.getTime(),
  };
  // A time zone that is none shows only when it is used.
  times.next(0);
  return times;
}
