/** Every plugin that there is in a history: the simulator's own work, and the product's schedule and topics. */
import { PluginHost } from '../../src/plugin/host.ts';
import type { PluginManifest } from '../../src/plugin/manifest.ts';
import { simPlugin } from './outside.ts';

const host = await PluginHost.load([], {});
const real = host.manifests.filter(({ name }) => name === 'kafka' || name === 'schedule');
// Loading a module takes real time, in which virtual minutes would pass.
for (const { triggers } of real) for (const { type } of triggers) await host.trigger(type);

/** One list: what is compiled for it is compiled once. */
export const simPlugins: readonly PluginManifest[] = [simPlugin, ...real];

/** The code of a trigger type. */
export const simTrigger: PluginHost['trigger'] = (type) => host.trigger(type);
