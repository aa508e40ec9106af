import { definePlugin } from '../../src/plugin/index.ts';
import { request } from './request.ts';

export default definePlugin({ tasks: { 'http.request': request } });
