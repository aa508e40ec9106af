/** The page at `/`, and S11: what comes from outside is text on it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/memory-ports.ts';
import { executionIn, type Answer, flowFiles, startApi, type StartedApi } from './started-api.ts';

const ESC = '\u001b';
const hostile = `<img src=x onerror=alert(1)>"'&${ESC}[31mred${ESC}[0m</pre><script>alert(2)</script>`;

const flow = `
id: hostile
namespace: demo
description: '<script>alert("description")</script>'
inputs: [{ id: any, type: json, required: false }]
tasks:
  - { id: said, type: log, message: << inputs.any >> }
  - { id: kept, type: output, values: { any: << inputs.any >> } }
  - { id: no, type: fail, message: << inputs.any >> }
outputs: [{ id: any, type: json, value: << outputs.kept.any >> }]
`;

let api: StartedApi;
let id: string;

beforeAll(async () => {
  api = await startApi({ flows: [...flowFiles, { file: 'hostile.yaml', text: flow }] });
  id = executionIn(
    await api.start('hostile?wait=10s', { inputs: { any: hostile }, labels: { a: hostile } }),
  );
});

afterAll(() => api.close());

function page(path: string): Promise<Answer> {
  return api.call('GET', path, { headers: { accept: 'text/html' } });
}

function expectHarmless({ headers, text }: Answer): void {
  expect(headers['content-type']).toBe('text/html; charset=UTF-8');
  expect(text).not.toMatch(/<(?:script|img)\b/i);
  expect(text).not.toContain(ESC);
  // No element has an attribute that runs something, or a style of its own.
  const withoutValues = text.replaceAll(/"[^"]*"/g, '""');
  expect(withoutValues).not.toMatch(/<[^>]+\s(?:on\w+|style)=/i);
  const policy = String(headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain('unsafe');
}

describe('S11', () => {
  it('flows and executions', async () => {
    const answer = await page('/');
    expect(answer.status).toBe(200);
    expectHarmless(answer);
    expect(answer.text).toContain('&lt;script&gt;alert(&quot;description&quot;)');
    expect(answer.text).toContain(id);
  });

  it('one execution, with its failure, lines, inputs and outputs', async () => {
    const answer = await eventually('the line', async () => {
      const seen = await page(`/executions/${id}`);
      return seen.text.includes('said:</code>') && seen;
    });
    expectHarmless(answer);
    // In the failure, a line, the labels, the inputs.
    const shown = answer.text.split('&lt;img src=x onerror=alert(1)&gt;').length - 1;
    expect(shown).toBeGreaterThanOrEqual(4);
  });

  it.each(['%3Cscript%3Ealert(1)%3C/script%3E', "x'%22%3E", 'a%1b[31m'])(
    'an execution that is not there: %s',
    async (name) => {
      const answer = await page(`/executions/${name}`);
      expect(answer.status).toBe(404);
      expectHarmless(answer);
    },
  );

  it('what is not there at all', async () => {
    const answer = await page('/%3Cimg%20src=x%20onerror=alert(1)%3E');
    expect(answer.status).toBe(404);
    expectHarmless(answer);
  });
});

describe('the page', () => {
  it('looks again while something may change', async () => {
    expect((await page('/')).text).toContain('http-equiv="refresh"');
    expect((await page(`/executions/${id}`)).text).not.toContain('http-equiv="refresh"');
  });

  it('has tasks below their blocks, in loops with the iteration', async () => {
    const looped = executionIn(await api.start('loops?wait=10s'));
    const { text } = await page(`/executions/${looped}`);
    const tasks = [...text.matchAll(/<td class="in-(\d)"[^>]*>\s*<code>([^<]*)</g)];
    expect(tasks.map(([, depth, label]) => `${depth} ${label}`)).toEqual([
      '0 outer',
      '1 inner[0]',
      '2 choice[0][0]',
      '1 inner[1]',
      '2 choice[1][0]',
      '2 choice[1][1]',
      '3 large[1][1]',
      '0 done',
    ]);
  });

  it('has a style sheet of its own, and asks for nothing else', async () => {
    const { text } = await page('/');
    const assets = [...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = '']) => address);
    expect(assets.every((address) => address.startsWith('/'))).toBe(true);
    expect((await page('/style.css')).headers['content-type']).toContain('text/css');
  });

  it('tells programs of a problem as it does elsewhere', async () => {
    const { headers } = await api.call('GET', '/executions/x');
    expect(headers['content-type']).toBe('application/problem+json');
  });
});
