import { createMiddleware } from 'hono/factory';
import { Problem } from './problem.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * This version has no authentication, so a browser must not be talked into using it (S17). A page of another
 * site can send requests to loopback: it names its origin, and is refused. A name that was made to point here
 * (DNS rebinding) shows in Host. Webhooks are for anybody: they have their signatures.
 */
export const guard = createMiddleware(async (context, next) => {
  const { path, method } = context.req;
  if (!path.startsWith('/api/v1/webhooks/')) {
    checkHost(context.req.header('host'));
    if (!SAFE_METHODS.has(method))
      checkOrigin(context.req.header('origin'), context.req.header('host'));
  }
  context.header('x-content-type-options', 'nosniff');
  await next();
});

function checkHost(host: string | undefined): void {
  if (host === undefined) return;
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (isLoopbackName(name)) return;
  throw new Problem(
    403,
    'host-refused',
    `This address is served for loopback names only, not for ${name}; put an authenticating proxy in front that sets Host`,
  );
}

export function isLoopbackName(name: string): boolean {
  return (
    name === 'localhost' || name === '[::1]' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name)
  );
}

function checkOrigin(origin: string | undefined, host: string | undefined): void {
  if (origin === undefined || origin === `http://${host ?? ''}`) return;
  throw new Problem(403, 'origin-refused', `Requests from pages of ${origin} are refused`);
}
