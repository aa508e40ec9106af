import { expect, it } from 'vitest';
import { proxyChoice } from '../../../src/adapters/system/proxies.ts';

const http = 'http://proxy:1';
const https = 'http://proxy:2';

it.each([
  ['http://a.example/', http],
  ['https://a.example/', https],
  ['http://93.184.216.34/', http],
  ['http://localhost.example/', http],
  ['http://localhost:8080/', undefined],
  ['http://LOCALHOST./', undefined],
  ['http://a.localhost/', undefined],
  ['http://127.3.2.1/', undefined],
  ['http://[::1]/', undefined],
  ['http://[::ffff:127.0.0.1]/', undefined],
])('%s is reached through %s', (url, proxy) => {
  expect(proxyChoice({ http, https, except: [] })(new URL(url))).toBe(proxy);
});

it('the proxy of one scheme is not that of the other', () => {
  expect(proxyChoice({ http, except: [] })(new URL('https://a.example/'))).toBeUndefined();
  expect(proxyChoice({ https, except: [] })(new URL('http://a.example/'))).toBeUndefined();
});

it.each([
  ['a.example', ['a.example', 'A.EXAMPLE', 'a.example.', 'b.a.example'], ['ba.example', 'example']],
  ['.a.example', ['a.example', 'b.a.example'], ['ba.example']],
  ['*.a.example', ['b.a.example'], ['a.example']],
  ['a.example:80', ['a.example', 'b.a.example'], ['a.example:8080']],
  ['a.example:8080', ['a.example:8080'], ['a.example']],
  ['*', ['a.example', '93.184.216.34'], []],
  ['93.184.216.34', ['93.184.216.34'], ['93.184.216.35']],
  ['10.0.0.0/8', ['10.1.2.3', '[::ffff:10.1.2.3]'], ['11.1.2.3', 'a.example']],
  ['fd00::/8', ['[fd00::1]'], ['[fe80::1]', '10.0.0.1']],
  ['[fd00::1]:80', ['[fd00::1]'], ['[fd00::1]:81', '[fd00::2]']],
  ['10.0.0.0/99', [], ['10.0.0.0']],
])('proxy.except %s', (entry, direct, proxied) => {
  const choose = proxyChoice({ http, except: ['other.example', entry] });
  for (const host of direct) expect(choose(new URL(`http://${host}/`)), host).toBeUndefined();
  for (const host of proxied) expect(choose(new URL(`http://${host}/`)), host).toBe(http);
});
