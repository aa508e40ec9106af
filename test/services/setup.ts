import type { TestProject } from 'vitest/node';
import { openDoor, RunServices } from './run-services.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where workers ask for the run's services. */
    servicesUrl: string;
  }
}

/** Vitest's global set-up: once a run, in its main process. Nothing is started here, see RunServices. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const services = new RunServices();
  // On CI every project runs, so every service will be asked for.
  if (process.env['CI'] !== undefined) services.prepare();
  const { server, url } = await openDoor(services);
  project.provide('servicesUrl', url);
  return async () => {
    server.closeAllConnections();
    server.close();
    await services.stop();
  };
}
