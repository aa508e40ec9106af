import { definePlugin } from '../../src/plugin/index.ts';
import { arrival } from './arrival.ts';

export default definePlugin({ triggers: { 's3.arrival': arrival } });
