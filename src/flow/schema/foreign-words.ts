/** What people write who know Kestra, and what it is here: hints for properties that are unknown. */
const condition = 'A condition is `when`.';

export const foreignWords: Readonly<Record<'flow' | 'task' | 'trigger', readonly Hint[]>> = {
  flow: [
    ['pluginDefaults', 'They are `taskDefaults`, which are not available in this version.'],
    ['listeners', 'What runs at the end is `finally`; after a failure, `errors`.'],
  ],
  task: [
    ['runIf', condition],
    ['condition', condition],
    ['conditions', condition],
    ['format', 'What the task gives is `value`.'],
    ['errorMessage', 'It is `message`.'],
  ],
  trigger: [
    ['runIf', condition],
    ['condition', condition],
    ['conditions', condition],
    ['key', 'The address has no key: `verify` says who may call.'],
    ['recoverMissedSchedules', 'It is `misses`: last, all or none.'],
  ],
};

type Hint = readonly [property: string, hint: string];
