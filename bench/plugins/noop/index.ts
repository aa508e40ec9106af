import { definePlugin } from '../../../src/plugin/index.ts';

export default definePlugin({
  tasks: {
    'bench.noop': (properties) => Promise.resolve({ value: properties['value'] ?? null }),
  },
});
