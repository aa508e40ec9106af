import { lookup as resolveHost, type LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';

/**
 * Which addresses a plugin may connect to for a flow (S6): public ones, and what its setting `allow` names.
 *
 * The decision is made about the address that the socket will really connect to, inside the look-up of the
 * connection: a name that resolves differently a moment later (DNS rebinding) and a redirect take the same
 * way. Spellings of addresses (octal, decimal, IPv4 within IPv6) are normalised by the URL parser and by
 * the block list before they are compared.
 */
export class AddressPolicy {
  readonly #hosts = new Set<string>();
  readonly #ranges = new BlockList();
  /** Where the operator allows more, such as `plugin.http.allow`. */
  readonly setting: string;

  /** @param allow hosts, `host:port`, addresses, or ranges such as `10.0.0.0/8`. */
  constructor(allow: readonly string[], setting: string) {
    this.setting = setting;
    for (const entry of allow) this.#allow(entry);
  }

  #allow(entry: string): void {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address);
    if (family === 0) {
      this.#hosts.add(entry.toLowerCase());
      return;
    }
    const type = family === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) this.#ranges.addAddress(address, type);
    else this.#ranges.addSubnet(address, Number(bits), type);
  }

  /** Whether the host of the URL was named, so that its addresses are not looked at. */
  namesHost(host: string, port: number): boolean {
    const name = host.toLowerCase();
    return this.#hosts.has(name) || this.#hosts.has(`${name}:${port}`);
  }

  /** Whether a resolved address may be connected to. */
  allowsAddress(address: string): boolean {
    const type = isIPv4(address) ? 'ipv4' : 'ipv6';
    return this.#ranges.check(address, type) || !notPublic.check(address, type);
  }
}

/** Thrown inside the connection's look-up; undici hands it on as the cause of the failed request. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly host: string;
  readonly address: string;

  constructor(host: string, address: string, setting: string) {
    super(
      `${host} is ${address === host ? 'not a public address' : `${address}, which is not a public address`}; ` +
        `to allow it, add "${host}" to ${setting} of the server's configuration`,
    );
    this.host = host;
    this.address = address;
  }
}

/**
 * An address written in a URL is connected to without a look-up, so it is checked before.
 *
 * @throws {@link AddressRefused}
 */
export function checkLiteralAddress(url: URL, policy: AddressPolicy): void {
  // The URL parser has turned octal, hexadecimal and decimal spellings into the plain form.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 0 || policy.namesHost(host, portOf(url)) || policy.allowsAddress(host)) return;
  throw new AddressRefused(host, host, policy.setting);
}

/**
 * Where a proxy makes the connection, it looks the name up, and its network is the operator's to guard. What can be
 * known here is checked before it is asked: a name that this machine resolves to an address which is not public is
 * refused. One that it cannot resolve is left to the proxy, which is often the only one that can.
 *
 * Literal addresses are for {@link checkLiteralAddress}.
 *
 * @throws {@link AddressRefused}
 */
export async function checkProxiedHost(url: URL, policy: AddressPolicy): Promise<void> {
  const host = url.hostname;
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0 || policy.namesHost(host, portOf(url))) return;
  const addresses = await lookup(host, { all: true }).catch(() => []);
  const refused = addresses.find(({ address }) => !policy.allowsAddress(address));
  if (refused !== undefined) throw new AddressRefused(host, refused.address, policy.setting);
}

/** The port that a URL of HTTP leads to. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/** A look-up for `net.connect` that passes only addresses which the policy allows for this host. */
export function policedLookup(policy: AddressPolicy, port: number): LookupFunction {
  return (host, options, callback) => {
    resolveHost(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) {
        callback(error, '');
        return;
      }
      const refused = policy.namesHost(host, port)
        ? undefined
        : addresses.find(({ address }) => !policy.allowsAddress(address));
      const first = addresses[0];
      if (refused !== undefined)
        callback(new AddressRefused(host, refused.address, policy.setting), '');
      else if (options.all === true) callback(null, addresses);
      else if (first === undefined) callback(new Error(`no address for ${host}`), '');
      else callback(null, first.address, first.family);
    });
  };
}

/**
 * Addresses that are not on the public internet: IANA's special-purpose registries for IPv4 and IPv6
 * (RFC 6890 and its updates). IPv4-mapped IPv6 addresses are compared as IPv4 by the block list.
 */
const notPublic = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  notPublic.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::', 128],
  ['::1', 128],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  notPublic.addSubnet(network, bits, 'ipv6');
}
