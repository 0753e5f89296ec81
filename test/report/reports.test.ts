import { beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/core/errors.js';
import { htmlReport } from '../../src/report/html-report.js';
import { type ReportInput, knownInput } from '../../src/report/input.js';
import { textReport } from '../../src/report/text-report.js';
import type { RolloutReport } from '../../src/runtime/reporting/rollout-report.js';
import type { RehearsalResult } from '../../src/simulate/rehearsal-result.js';
import type { SimulationResult } from '../../src/simulate/result.js';
import { banditSimulation, evil, liveReport, rehearsal, withEvilNames, worseSimulation } from './inputs.js';
import { soundPicture, wellFormed } from './markup-check.js';

let live: RolloutReport;
let worse: SimulationResult;
let bandit: SimulationResult;
let rehearsed: RehearsalResult;
let all: readonly ReportInput[];
beforeAll(async () => {
  [live, worse, bandit, rehearsed] = await Promise.all([
    liveReport(),
    worseSimulation(),
    banditSimulation(),
    rehearsal(),
  ]);
  all = [live, worse, bandit, rehearsed, await liveReport(0)];
}, 60_000);

const headings = (html: string) => Array.from(html.matchAll(/<h3>([^<]+)<\/h3>/g), ([, text]) => text);

describe('a page', () => {
  test('is sound HTML with sound pictures, each with a table beside it', () => {
    for (const input of [...all, withEvilNames(worse), withEvilNames(rehearsed), withEvilNames(live)]) {
      const html = htmlReport(input);
      const names = wellFormed(html);
      expect(names.filter((name) => name === 'h1')).toHaveLength(1);
      const pictures = html.match(/<svg[\s\S]*?<\/svg>/g) ?? [];
      for (const picture of pictures) soundPicture(picture);
      const figures = html.match(/<figure[\s\S]*?<\/figure>/g) ?? [];
      expect(figures.length).toBeGreaterThan(3);
      for (const figure of figures) expect(figure).toMatch(/<table>|<p>(No|Nothing|Nobody|There) [^<]+\.<\/p>/);
    }
  });

  test('has no way to anywhere, and no name gets out of its place', () => {
    for (const input of [worse, live, rehearsed]) {
      const html = htmlReport(withEvilNames(input), { title: evil });
      expect(html).not.toMatch(/<script|<link|<img|<iframe|javascript:| on\w+=|url\(|@import/i);
      expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
      expect(html).toContain('&lt;script&gt;');
      expect(html).toContain("default-src 'none'".replaceAll("'", '&#39;'));
    }
  });

  test('is the same for the same input, and reads what JSON has been through', () => {
    for (const input of all)
      expect(htmlReport(JSON.parse(JSON.stringify(input)) as ReportInput)).toBe(htmlReport(input));
  });

  test('of a live roll-out shows each node with its comparisons, rules and arms', () => {
    const html = htmlReport(live, { units: { revenue: '€' } });
    expect(html).toContain('<h2>ranker · canary</h2>');
    expect(html).toContain('<h2>ranker/candidate · ab-test</h2>');
    expect(headings(html).slice(0, 8)).toEqual([
      'Shares',
      'What happened',
      'clicked: candidate against baseline',
      'revenue: candidate against baseline',
      'Rules',
      'Exposures',
      'Latency',
      'Arms',
    ]);
    expect(html).toContain('difference in clicked, points');
    expect(html).toContain('margin −2 points');
    expect(html).toContain('difference in revenue, €');
    expect(html).toContain('all guardrails together');
  });

  test('takes a margin that no rule names, on the side of what is worse', () => {
    expect(htmlReport(live, { margins: { revenue: 0.5 }, units: { revenue: '€' } })).toContain('margin −0.5 €');
    expect(htmlReport(live, { margins: { clicked: 0.5 } })).toContain('margin −2 points');
  });

  test('of a simulation shows evidence over time and harm, and of a bandit its regret', () => {
    const html = htmlReport(worse);
    expect(headings(html)).toEqual([
      'Shares',
      'What happened',
      'clicked: candidate against baseline',
      'Alpha spent over time',
      'Rules',
      'Exposures',
      'Latency',
      'What each model did',
    ]);
    expect(html).toContain('It was rolled back after');
    expect(html).toContain('margin −1 point');
    expect(headings(htmlReport(bandit))).toContain('Regret');
    expect(headings(htmlReport(live))).not.toContain('Regret');
  });

  test('of a rehearsal shows endings, times, reach, power, and what is weak', () => {
    const html = htmlReport(rehearsed, { title: 'The plan' });
    expect(html).toContain('<h1>The plan</h1>');
    expect(headings(html)).toEqual([
      'How roll-outs end',
      'Time to the decision',
      'Users reached',
      'Power by stage',
      'What rolled back',
      'What a roll-out costs',
    ]);
    for (const { text } of rehearsed.weakSpots) expect(html).toContain(text);
    expect(htmlReport({ ...rehearsed, weakSpots: [] })).toContain('No weak spots were found.');
  });
});

describe('a report as text', () => {
  test('has no line that is too long, and none with an order to the terminal', () => {
    for (const columns of [40, 80, 200]) {
      for (const input of [...all, withEvilNames(worse), withEvilNames(live), withEvilNames(rehearsed)]) {
        const text = textReport(input, { columns, title: 'a\u001b[31mred' });
        expect(text).not.toMatch(/NaN|undefined|\[object|(?!\n)\p{Cc}/u);
        for (const line of text.split('\n')) expect(Array.from(line).length, line).toBeLessThanOrEqual(columns);
      }
    }
  });

  test('is 80 columns wide unless told otherwise, and has columns that stand under their names', () => {
    const lines = textReport(worse).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    const at = lines.indexOf('Shares');
    expect(lines.slice(at + 1, at + 4)).toEqual([
      '  from        candidate  baseline',
      '  start            10 %      90 %',
      '  1 h              50 %      50 %',
    ]);
  });

  test('tells more columns than there is room for in several tables, and cuts no figure', () => {
    const text = textReport(live, { columns: 60 });
    const { value = 0 } = live.nodes[0]?.arms[0]?.metrics['revenue'] ?? {};
    expect(text).toContain(`${Number((value as number).toPrecision(3))} (`);
    expect(text.match(/^ {2}arm +/gm)?.length).toBeGreaterThan(2 * live.nodes.length);
  });
});

describe('what is no report', () => {
  test('is refused in words', () => {
    for (const wrong of [
      undefined,
      null,
      3,
      'x',
      [],
      {},
      { ...worse, format: 2 },
      { ...worse, samples: undefined },
      { ...live, nodes: {} },
      { ...rehearsed, weakSpots: undefined },
    ]) {
      expect(() => htmlReport(wrong as never)).toThrow(ConfigError);
      expect(() => textReport(wrong as never)).toThrow(
        /must be what reportOf\(router\), simulate\(\) or rehearse\(\) gives/,
      );
    }
    expect(all.map((input) => knownInput(input).kind)).toEqual([
      'rollout',
      'simulation',
      'simulation',
      'rehearsal',
      'rollout',
    ]);
    expect(() => knownInput({ format: 2 })).toThrow(/was object of format 2/);
  });

  test('options are checked', () => {
    const wrong = [
      { titel: 'x' },
      { title: '' },
      { margins: { a: -1 } },
      { margins: { a: Number.POSITIVE_INFINITY } },
      { units: { a: 3 } },
    ];
    for (const options of wrong) {
      expect(() => htmlReport(live, options as never), JSON.stringify(options)).toThrow(ConfigError);
    }
    for (const columns of [39, 401, 60.5, Number.NaN]) expect(() => textReport(live, { columns })).toThrow(ConfigError);
    expect(() => textReport(live, { units: { a: 3 } } as never)).toThrow(ConfigError);
    expect(() => htmlReport(live, { margins: { a: 0 }, units: {} })).not.toThrow();
  });
});
