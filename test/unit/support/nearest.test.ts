import { describe, expect, it } from 'vitest';
import { nearest } from '../../../src/support/nearest.ts';

describe('the nearest word', () => {
  it.each([
    ['bdy', ['status', 'body', 'headers'], 'body'],
    ['inputz', ['inputs', 'outputs'], 'inputs'],
    ['retires', ['retry', 'retries'], 'retries'],
    ['mesage', ['message', 'level'], 'message'],
    ['uri', ['url', 'method'], 'url'],
    ['tsaks', ['tasks'], 'tasks'],
    ['HEADERS', ['headers'], 'headers'],
    ['workergroup', ['workerGroup'], 'workerGroup'],
    ['concurencyLimt', ['concurrencyLimit', 'concurrency'], 'concurrencyLimit'],
    ['a', ['b'], 'b'],
    ['xa', ['ya', 'xb'], 'ya'],
  ])('to %s', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected);
  });

  it.each([
    ['zzz', ['body', 'status']],
    ['body', ['body']],
    ['ab', ['cd']],
    ['', ['a']],
    ['x', []],
    ['message', ['level']],
    ['x'.repeat(65), ['x'.repeat(64)]],
  ])('to %s is none', (word, candidates) => {
    expect(nearest(word, candidates)).toBeUndefined();
  });

  it('is looked for among the first 500 only', () => {
    const many = Array.from({ length: 500 }, (_, index) => `key${index}xxxxxx`);
    expect(nearest('body', [...many, 'bdy'])).toBeUndefined();
    expect(nearest('body', ['bdy', ...many])).toBe('bdy');
  });
});
