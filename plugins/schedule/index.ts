import { definePlugin } from '../../src/plugin/index.ts';
import { schedule } from './schedule.ts';

export default definePlugin({ triggers: { schedule } });
