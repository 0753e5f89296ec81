import { describe, expect, test } from 'vitest';
import { binary, Canary, createRouter, reportOf } from '../../src/index.js';
import { run } from './fake-terminal.js';

const router = createRouter({
  name: 'ranker <b>',
  models: { v1: () => 1, v2: () => 2 },
  metrics: { clicked: binary() },
  strategy: new Canary({ baseline: 'v1', candidate: 'v2', stages: [{ share: 0.5 }] }),
  tickEveryMs: false,
});
const report = reportOf(router);

describe('report', () => {
  test('shows a kept report as tables, and as a page', async () => {
    const { code, out, note, pages } = await run(['report', 'r.json', '--html', 'r.html'], { 'r.json': report });
    expect([code, note]).toEqual([0, 'The page is in r.html\n']);
    expect(out).toMatch(/^ranker <b>\n=+\n/);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(pages.get('r.html')).toContain('<h1>ranker &lt;b&gt;</h1>');
    const titled = await run(['report', 'r.json', '--title', 'Ours'], { 'r.json': report });
    expect(titled.out).toMatch(/^Ours\n====\n/);
    expect(titled.pages.size).toBe(0);
  });

  test.each([
    ['{', 'turnout report: r.json is not JSON: '],
    ['{}', 'report:\n  input: must be what reportOf(router), simulate() or rehearse() gives'],
    ['null', 'report:\n  input: must be what'],
  ])('refuses %s', async (text, message) => {
    const { code, out, note } = await run(['report', 'r.json', '--html', 'r.html'], { 'r.json': text });
    expect([code, out]).toEqual([1, '']);
    expect(note.slice(0, message.length)).toBe(message);
  });
});
