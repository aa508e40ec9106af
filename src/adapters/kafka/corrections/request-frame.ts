import type { KafkajsModules } from './module-cache.ts';

interface FrameOptions {
  readonly correlationId: number;
  readonly clientId: string;
  readonly request: { frame?(correlationId: number, clientId: string): Buffer };
}

type CreateRequest = (options: FrameOptions) => Promise<{ readonly buffer: Buffer }>;

/**
 * Fault: every request is copied twice into buffers that grow by doubling and are zeroed first: 0.6
 * ms for each MB, a third of what encoding its records costs.
 * Evidence: protocol/request.js and protocol/encoder.js; measured on Node 24. Requests that bring a
 * `frame` function (ours) are made with one copy; kafkajs's own go the old way.
 * Remove when: the hot path has a transport of its own.
 */
export function correctRequestFrame(modules: KafkajsModules): void {
  // The export is the function that network/connection calls for each request.
  const createRequest = modules.load('protocol/request') as CreateRequest;
  const corrected: CreateRequest = (options) => {
    const { request, correlationId, clientId } = options;
    if (request.frame === undefined) return createRequest(options);
    return Promise.resolve({ buffer: request.frame(correlationId, clientId) });
  };
  modules.replace('protocol/request', corrected);
}
