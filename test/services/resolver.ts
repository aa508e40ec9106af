/** Names that this machine resolves, for tests: nothing is asked over the network. */
import dns from 'node:dns/promises';
import { syncBuiltinESMExports } from 'node:module';

/** Until the returned function is called, `node:dns/promises` knows these names and no others. */
export function resolveOnly(addresses: Readonly<Record<string, string>>): () => void {
  const original = dns.lookup;
  const lookup = (host: string) => {
    const address = addresses[host];
    if (address === undefined) return Promise.reject(new Error(`ENOTFOUND ${host}`));
    return Promise.resolve([{ address, family: 4 }]);
  };
  const put = (instead: unknown): void => {
    Object.assign(dns, { lookup: instead });
    syncBuiltinESMExports();
  };
  put(lookup);
  return () => {
    put(original);
  };
}
