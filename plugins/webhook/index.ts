import { definePlugin } from '../../src/plugin/index.ts';
import { webhook } from './webhook.ts';

export default definePlugin({ triggers: { webhook } });
