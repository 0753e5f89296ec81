import { describe, expect, test } from 'vitest';
import { ProgressLine, progressText } from '../../src/cli/progress.js';
import type { RehearsalResult } from '../../src/simulate/index.js';
import { defineRehearsal, rehearse } from '../../src/simulate/index.js';
import { Canary, maxErrorRate } from '../../src/index.js';
import { FakeTerminal, run } from './fake-terminal.js';
import { plan, planWith } from './plans.js';

const model = plan.rehearsal.models.v1;
const json = async (args: readonly string[], files: Readonly<Record<string, unknown>>) =>
  JSON.parse((await run(['rehearse', ...args, '--json'], files)).out) as RehearsalResult;

describe('rehearse', () => {
  test('finds what rehearse() finds of the same plan', async () => {
    const { traffic, models, forMs, scenarios } = plan.rehearsal;
    const { metrics } = (await import('../../src/plans/index.js')).parsePlan(plan);
    const strategy = new Canary({
      baseline: 'v1',
      candidate: 'v2',
      stages: [{ share: 0.5, minAgeMs: 3_600_000 }],
      guardrails: [maxErrorRate(0.2)],
    });
    const rehearsal = defineRehearsal({
      simulation: { name: 'ranker', metrics, strategy, traffic, models, forMs },
      scenarios: scenarios as never,
    } as never);
    const expected = await rehearse({ rehearsal, runs: 3 });
    expect(await json(['a.json'], { 'a.json': plan })).toEqual(JSON.parse(JSON.stringify(expected)));
    expect(expected.scenarios.map(({ rolledBack }) => rolledBack.rate)).toEqual([0, 1]);
    // A module with a rehearsal of its own is the same.
    expect(await json(['a.mjs', '--runs', '3'], { 'a.mjs': { default: rehearsal } })).toEqual(
      JSON.parse(JSON.stringify(expected)),
    );
  });

  test('takes runs, seed and scenarios from the command before the plan', async () => {
    const files = { 'a.json': planWith({ 'rehearsal.seed': 7 }) };
    expect(await json(['a.json'], files)).toMatchObject({ runs: 3, seed: 7, scenarios: [{ runs: 3 }, { runs: 3 }] });
    expect(await json(['a.json', '--runs', '2', '--seed', '5', '--scenario', 'crashing'], files)).toMatchObject({
      runs: 2,
      seed: 5,
      scenarios: [{ scenario: 'crashing', runs: 2 }],
    });
    expect(await run(['rehearse', 'a.json', '--runs', 'two'], files)).toMatchObject({
      code: 64,
      note: "turnout rehearse: --runs must be a whole number (was 'two').\n",
    });
    expect((await run(['rehearse', 'a.json', '--runs', '0'], files)).code).toBe(1);
    expect((await run(['rehearse', 'a.json', '--scenario', 'worse'], files)).note).toContain(
      "options.scenarios: has 'worse'",
    );
  });

  test('prints tables, and writes a page where it is wanted', async () => {
    const files = { 'a.json': plan };
    const { code, out, note, pages } = await run(['rehearse', 'a.json', '--html', 'r.html'], files);
    expect(code).toBe(0);
    expect(out).toMatch(/^ranker\n======\n3 roll-outs of each of 2 scenarios/);
    expect(note).toBe('The page is in r.html\n');
    expect(pages.get('r.html')).toMatch(/^<!doctype html>.*<h1>ranker<\/h1>/s);
    const titled = await run(['rehearse', 'a.json', '--html', 'r.html', '--json', '--title', 'Mine & yours'], files);
    expect(titled.pages.get('r.html')).toContain('<h1>Mine &amp; yours</h1>');
    expect(JSON.parse(titled.out)).toMatchObject({ format: 1 });
    expect((await run(['rehearse', 'a.json'], files)).pages.size).toBe(0);
  });

  test('ends with 2 on a weak spot only when it is strict', async () => {
    // A harmful candidate that no guardrail can see is promoted.
    const blind = {
      'a.json': planWith({
        'rehearsal.scenarios.crashing': { truth: 'harmful', says: 'worse', models: { v2: model } },
      }),
    };
    expect((await run(['rehearse', 'a.json'], blind)).code).toBe(0);
    expect((await run(['rehearse', 'a.json', '--strict'], blind)).code).toBe(2);
    expect((await run(['rehearse', 'a.json', '--strict', '--scenario', 'equal'], { 'a.json': plan })).code).toBe(0);
  });

  test('makes the usual scenarios where the plan names a model that the candidate is like', async () => {
    const usual = { candidate: 'v2', like: 'v1', metric: 'clicked', better: 0.1, worse: 0.1 };
    const files = {
      'a.json': planWith({
        'rehearsal.usual': usual,
        'rehearsal.scenarios': { mine: { truth: 'harmless' } },
        'rehearsal.runs': 1,
      }),
    };
    expect((await json(['a.json'], files)).scenarios.map(({ scenario }) => scenario)).toEqual([
      'equal',
      'better',
      'worse',
      'slow',
      'crashing',
      'drifting',
      'mine',
    ]);
  });

  test.each<readonly [Readonly<Record<string, unknown>>, readonly string[]]>([
    [
      { rehearsal: undefined },
      ['plan.rehearsal: must say what the plan is rehearsed with: traffic, models, forMs and scenarios.'],
    ],
    [
      { 'rehearsal.scenarios': {} },
      ['plan.rehearsal.scenarios: must have a scenario, or `usual` must name what the usual ones are about.'],
    ],
    [
      { 'rehearsal.usual': { candidate: 'v2', like: 'v0', metric: 'clicked', better: 0.1, worse: 0.1 } },
      ['plan.rehearsal.usual.like: must be one of the models v1, v2 (was v0).'],
    ],
    [
      { 'rehearsal.usual': { candidate: 'v2', like: 'v1', metric: 'bought', better: 0.1, worse: 0.1 } },
      ["plan.rehearsal.usual.metric: must be something that `like` has: clicked, error (was 'bought')."],
    ],
    [
      { 'rehearsal.traffic': { perHour: 5, weekly: [1] } },
      ['plan.rehearsal.traffic.weekly: must be a list of 7 to 7 items (was a list of 1).'],
    ],
    [
      { 'rehearsal.scenarios.equal': { truth: 'harmless', traffic: { perHour: 5, weekly: [1] } } },
      ['plan.rehearsal.scenarios.equal.traffic.weekly: must be a list of 7 to 7 items (was a list of 1).'],
    ],
    [
      { 'rehearsal.scenarios.equal': { truth: 'harmless', traffic: {} } },
      ['plan.rehearsal.scenarios.equal.traffic.perHour: must be a number (was undefined).'],
    ],
    [{ 'rehearsal.reference': 'v9' }, ['plan.rehearsal.reference: must be a model of the strategy (v2, v1).']],
  ])('tells of %j where it stands, once', async (changes, messages) => {
    const { code, out, note } = await run(['rehearse', 'a.json'], { 'a.json': planWith(changes) });
    expect([code, out]).toEqual([1, '']);
    expect(note).toBe(`a.json:\n${messages.map((message) => `  ${message}\n`).join('')}`);
  });

  test('is interrupted by its signal', async () => {
    const abort = new AbortController();
    abort.abort();
    expect(await run(['rehearse', 'a.json'], { 'a.json': plan }, { signal: abort.signal })).toMatchObject({
      code: 130,
      out: '',
      note: '',
    });
  });
});

describe('the progress of a rehearsal', () => {
  test('is a bar with what is left', () => {
    expect(progressText({ done: 300, of: 1200, scenario: 'worse' }, 4000)).toBe(
      '[######------------------]  25 %  300 of 1200 runs, 12 s left (worse)',
    );
    expect(progressText({ done: 5, of: 5, scenario: 'equal' }, 4000)).toBe(
      '[########################] 100 %  5 of 5 runs, 0 s left (equal)',
    );
  });

  test('is one line that is written over, and cleared, on a terminal alone', () => {
    const live = new FakeTerminal({}, { isLive: true });
    const line = new ProgressLine(live);
    line.clear();
    expect(live.noted).toBe('');
    for (const done of [1, 2, 3, 500, 1000]) line.show({ done, of: 1000, scenario: 's' });
    line.clear();
    expect(live.noted.split('\r\u001B[K').map((text) => text.slice(25, 33).trim())).toEqual([
      '',
      ']   0 %',
      ']  50 %',
      '] 100 %',
      '',
    ]);
    const log = new FakeTerminal({});
    const silent = new ProgressLine(log);
    silent.show({ done: 1, of: 2, scenario: 's' });
    silent.clear();
    expect(log.noted).toBe('');
  });
});
