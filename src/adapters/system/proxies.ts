import { BlockList, isIP } from 'node:net';
import type { ProxyChoice } from '../../support/proxied-agent.ts';

export interface ProxySettings {
  /** For `http://` and for `https://`: URLs of proxies. */
  readonly http?: string;
  readonly https?: string;
  /** What is reached directly: a host (its subdomains, too), `*.host`, `host:port`, an address, a range, or `*`. */
  readonly except: readonly string[];
}

/**
 * Which proxy an address is reached through. This machine itself is always reached directly: what a proxy calls
 * `localhost` is another one.
 *
 * Own code, where undici has EnvHttpProxyAgent: that one does not tell which way a request goes, which the policy
 * of addresses must know (docs/decisions/0011), knows no ranges, and takes the proxy of `http` for `https`.
 */
export function proxyChoice({ http, https, except }: ProxySettings): ProxyChoice {
  const exceptions = except.map(exceptionOf);
  return (url) => {
    const proxy = url.protocol === 'https:' ? https : http;
    if (proxy === undefined) return undefined;
    const host = plainHost(url.hostname);
    const port = Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
    if (isThisMachine(host)) return undefined;
    return exceptions.some((covers) => covers(host, port)) ? undefined : proxy;
  };
}

type Exception = (host: string, port: number) => boolean;

const HOST_AND_PORT = /^(\[[^\]]+\]|[^:]+):(\d+)$/;

function exceptionOf(entry: string): Exception {
  const [, named = entry, port] = HOST_AND_PORT.exec(entry) ?? [];
  const covers = hostsOf(plainHost(named));
  if (port === undefined) return covers;
  return (host, asked) => asked === Number(port) && covers(host);
}

function hostsOf(named: string): (host: string) => boolean {
  if (named === '*') return () => true;
  const [address = '', bits] = named.split('/');
  if (isIP(address) !== 0) {
    const range = rangeOf(address, bits);
    return (host) => isIP(host) !== 0 && contains(range, host);
  }
  const domain = named.replace(/^\*?\./, '');
  // As curl and undici have it: `.example.com` is `example.com`, and `*.example.com` its subdomains only.
  const includesItself = !named.startsWith('*');
  return (host) => host.endsWith(`.${domain}`) || (includesItself && host === domain);
}

function rangeOf(address: string, bits: string | undefined): BlockList {
  const range = new BlockList();
  const [family, all] = isIP(address) === 4 ? (['ipv4', 32] as const) : (['ipv6', 128] as const);
  const length = bits === undefined ? all : Number(bits);
  // A range that is none covers nothing: the variable may have been written for other programs.
  if (Number.isInteger(length) && length >= 0 && length <= all) {
    range.addSubnet(address, length, family);
  }
  return range;
}

function contains(range: BlockList, address: string): boolean {
  return range.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

/** Without the brackets of IPv6 and the dot at the end of a full name. */
function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/(.)\.$/, '$1');
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isThisMachine(host: string): boolean {
  if (isIP(host) !== 0) return contains(loopback, host);
  return host === 'localhost' || host.endsWith('.localhost');
}
