import { definePlugin } from '../../src/plugin/index.ts';
import { publish } from './publish.ts';
import { realtime } from './realtime.ts';

export default definePlugin({
  tasks: { 'kafka.publish': publish },
  triggers: { 'kafka.realtime': realtime },
});
