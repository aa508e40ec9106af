import { HOOK, LOG, type Row } from './diagnostic-row.ts';
import { withTasks } from './reading.ts';

const schedule = (properties: string): string =>
  withTasks(LOG, `triggers: [ { id: nightly, type: schedule, ${properties} } ]\n`);

/** What is wrong with triggers: with what all have in common, and with times. */
export const triggerRows: readonly Row[] = [
  {
    code: 'property-invalid',
    title: 'what a trigger does with an error',
    text: schedule('every: 1h, onError: ignore'),
    marks: 'ignore',
    says: 'must be one of dlq, skip, pause',
  },
  {
    code: 'property-unknown',
    title: 'what a webhook does with an error',
    text: withTasks(LOG, `${HOOK}    onError: skip\n`),
    marks: 'onError',
    hint: 'as the answer',
  },
  {
    code: 'property-missing',
    title: 'a schedule without times',
    text: schedule('timezone: UTC'),
    says: 'trigger `nightly` needs one of `cron`, `every`, `dates`',
  },
  {
    code: 'property-invalid',
    title: 'a schedule with two kinds of times',
    text: schedule('every: 1h, cron: 0 2 * * *'),
    says: 'trigger `nightly` can have only one of `cron`, `every`, `dates`',
  },
  {
    code: 'property-invalid',
    title: 'a cron expression of too few fields',
    text: schedule('cron: 0 2 * *'),
    marks: '0 2 * *',
    says: 'must be a cron expression of five fields',
    unseen: true,
  },
  {
    code: 'property-invalid',
    title: 'a cron expression out of range',
    text: schedule('cron: 0 25 * * *'),
    marks: '0 25 * * *',
    says: 'must be a cron expression',
    unseen: true,
  },
  {
    code: 'property-invalid',
    title: 'a time zone that there is not',
    text: schedule('cron: 0 2 * * *, timezone: Europe/Berln'),
    marks: 'Europe/Berln',
    says: 'IANA name of a time zone',
    unseen: true,
  },
  {
    code: 'property-invalid',
    title: 'a date without its offset',
    text: schedule('dates: [ 2026-01-31T09:00:00 ]'),
    marks: '2026-01-31T09:00:00',
    says: '`dates.0` of trigger `nightly` must be a `date-time`',
  },
  {
    code: 'expression-in-static-property',
    title: 'a cron expression by an expression',
    text: schedule('cron: << globals.cron >>'),
    marks: '<< globals.cron >>',
    unseen: true,
  },
  {
    code: 'trigger-field-not-always-present',
    title: 'a field that a schedule has and a webhook has not',
    text: withTasks(
      '- { id: a, type: log, message: << trigger.date >> }',
      `${HOOK}  - { id: nightly, type: schedule, every: 1d }\n`,
    ),
    marks: 'trigger.date',
    says: 'when `hook` starts the flow',
  },
];
