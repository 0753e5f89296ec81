import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/core/errors.js';
import { decisionTimePicture, endingsPicture } from '../../src/report/pictures/endings.js';
import { differencePicture } from '../../src/report/pictures/difference.js';
import { evidencePicture } from '../../src/report/pictures/evidence.js';
import { exposuresPicture } from '../../src/report/pictures/exposures.js';
import { guardrailsPicture } from '../../src/report/pictures/guardrails.js';
import { latencyPicture } from '../../src/report/pictures/latency.js';
import { powerPicture, reachPicture } from '../../src/report/pictures/power.js';
import { regretPicture } from '../../src/report/pictures/regret.js';
import { sharesPicture } from '../../src/report/pictures/shares.js';
import { type TimelineEvent, timelinePicture } from '../../src/report/pictures/timeline.js';
import { rateOf } from '../../src/simulate/estimates.js';
import type { ScenarioResult } from '../../src/simulate/rehearsal-result.js';
import { evil, hour } from './inputs.js';
import { soundPicture, textsOf } from './markup-check.js';

const time = 'since-start';
const said = (svg: string) => textsOf(svg).map(({ text }) => text);
const paths = (svg: string, kind: string) =>
  Array.from(svg.matchAll(new RegExp(`<path class="${kind}" d="([^"]+)"`, 'g')), ([, path = '']) => path);
const names = [
  evil,
  'plain',
  'a-model-whose-name-says-what-it-was-trained-on-and-by-whom',
  'x',
  '模型'.repeat(20),
  'five',
  'six',
  'b',
];

const scenario = (
  name: string,
  truth: ScenarioResult['truth'],
  counts: readonly [number, number],
  over = 10,
): ScenarioResult => {
  const [promoted, rolledBack] = counts;
  const estimate = (value: number) => ({ value, standardError: 1 });
  const step = (stage: string, reached: number, back: number) => ({
    node: 'root',
    name: stage,
    reached: rateOf(reached, over),
    rolledBack: rateOf(back, Math.max(1, reached)),
    forMs: estimate(hour),
    control: estimate(100),
    treated: estimate(100),
  });
  return {
    scenario: name,
    truth,
    says: name,
    runs: over,
    promoted: rateOf(promoted, over),
    rolledBack: rateOf(rolledBack, over),
    undecided: rateOf(over - promoted - rolledBack, over),
    ...(promoted + rolledBack > 0 && {
      decidedAfterMs: { p10: estimate(hour), p50: estimate(2 * hour), p90: estimate(4 * hour) },
    }),
    requestsExposed: estimate(1000),
    usersExposed: estimate(500),
    harm: { excessErrors: estimate(1), extraLatencyMs: estimate(2), lost: {} },
    steps: [
      step('5%', over, 1),
      step('50%', over - 1, rolledBack - 1),
      step('promoted', promoted, 0),
      step('rolled-back', 1, 0),
    ],
    rollbacks: {},
    waitingFor: [],
    wrongSeeds: [],
  };
};

describe('pictures', () => {
  const instant = fc.integer({ min: 0, max: 1e9 });
  const amount = fc.oneof(fc.double({ min: -1e6, max: 1e6 }), fc.constant(Number.NaN), fc.constant(0));
  const name = fc.constantFrom(...names);
  const width = fc.constantFrom(240, 340, 1020, 2000);
  const points = <T>(shape: fc.Arbitrary<T>) =>
    fc
      .array(fc.tuple(instant, shape), { maxLength: 12 })
      .map((list) => list.sort(([a], [b]) => a - b).map(([at, rest]) => ({ at, ...rest })));
  const counted = fc.dictionary(name, fc.nat(1e7), { noNullPrototype: true });

  test('are sound whatever they are of', () => {
    const any = fc.oneof(
      fc
        .record({
          points: points(
            fc.record({
              shares: fc.dictionary(name, fc.double({ min: 0, max: 1, noNaN: true }), { noNullPrototype: true }),
            }),
          ),
          at: instant,
          width,
        })
        .map(({ at, width: wide, points: list }) => sharesPicture({ time, points: list, until: at }, { width: wide })),
      fc
        .record({
          points: points(
            fc.record({
              difference: amount,
              interval: fc.option(
                fc.tuple(fc.double({ min: -2, max: 0, noNaN: true }), fc.double({ min: 0, max: 2, noNaN: true })),
              ),
            }),
          ),
          metric: name,
          arm: name,
          margin: amount,
          width,
        })
        .map(({ width: wide, ...data }) =>
          differencePicture({ time, control: 'b', unit: 'points', ...data }, { width: wide }),
        ),
      fc
        .record({ points: points(fc.record({ counts: counted })), width })
        .map(({ width: wide, points: list }) => exposuresPicture({ time: 'utc', points: list }, { width: wide })),
      fc
        .record({ points: points(fc.record({ regret: amount, even: amount })), metric: name, width })
        .map(({ width: wide, ...data }) => regretPicture({ time, unit: 'count', ...data }, { width: wide })),
      fc
        .record({
          rules: fc.array(fc.record({ rule: name, points: points(fc.record({ spent: amount })) }), { maxLength: 9 }),
          width,
        })
        .map(({ width: wide, rules }) => evidencePicture({ time, rules }, { width: wide })),
      fc
        .record({
          rules: fc.array(
            fc.record({ rule: name, outcome: fc.constantFrom('fail', 'pass', 'insufficient-data'), spent: amount }),
            { maxLength: 30 },
          ),
          width,
        })
        .map(({ width: wide, rules }) =>
          guardrailsPicture({ rules, stop: { alpha: 0.01, spent: 0.5 } }, { width: wide }),
        ),
      fc
        .record({
          arms: fc.array(fc.record({ arm: name, p50: fc.option(amount), p95: fc.option(amount), p99: amount }), {
            maxLength: 30,
          }),
          width,
        })
        .map(({ width: wide, arms }) => latencyPicture({ arms }, { width: wide })),
      fc
        .record({
          events: points(
            fc.record({ node: name, from: name, to: name, why: fc.string({ maxLength: 400 }), isAlert: fc.boolean() }),
          ),
          width,
        })
        .map(({ width: wide, events }) =>
          timelinePicture(
            {
              time,
              events: events.map((event) => ({ ...event, why: event.why.replaceAll(/NaN|undefined|Infinity/g, '') })),
              from: 0,
              until: 1e9,
            },
            { width: wide },
          ),
        ),
    );
    fc.assert(
      fc.property(any, (svg) => soundPicture(svg)),
      { numRuns: 400 },
    );
  });

  test('of rehearsals are sound, too', () => {
    const scenarios = names.map((of, index) =>
      scenario(of, index % 2 === 0 ? 'harmless' : 'harmful', [index, 9 - index]),
    );
    for (const picture of [endingsPicture, decisionTimePicture, reachPicture, powerPicture]) {
      for (const wide of [240, 340, 1020]) soundPicture(picture({ scenarios }, { width: wide }));
    }
  });

  test('of nothing say so', () => {
    const nothing = [
      sharesPicture({ time, points: [], until: 0 }),
      differencePicture({ time, metric: 'm', arm: 'a', control: 'b', unit: '', points: [] }),
      exposuresPicture({ time, points: [] }),
      regretPicture({ time, metric: 'm', unit: '', points: [] }),
      evidencePicture({ time, rules: [{ rule: 'r', points: [] }] }),
      guardrailsPicture({ rules: [] }),
      latencyPicture({ arms: [{ arm: 'a', p50: null, p95: null, p99: null }] }),
      timelinePicture({ time, events: [], from: 0, until: 1 }),
      ...[endingsPicture, decisionTimePicture, reachPicture, powerPicture].map((picture) => picture({ scenarios: [] })),
    ];
    for (const svg of nothing) {
      soundPicture(svg);
      expect(said(svg)).toHaveLength(1);
      expect(said(svg)[0]).toMatch(/^(No|Nothing|Nobody) .*\.$/);
    }
  });

  test('stand alone with a style of their own, or go without on a page that has it', () => {
    const data = { time, points: [{ at: 0, shares: { a: 1 } }], until: 1 } as const;
    expect(sharesPicture(data)).toContain('prefers-color-scheme:dark');
    expect(sharesPicture(data, { style: 'inherited', title: 'My own' })).not.toContain('<style>');
    expect(sharesPicture(data, { title: 'My own' })).toContain('<title>My own</title>');
    expect(sharesPicture(data, { width: 500 })).toContain('viewBox="0 0 500 210"');
    for (const wrong of [{ width: 239 }, { width: 2001 }, { widht: 300 }, { style: 'none' }, { width: Number.NaN }]) {
      expect(() => sharesPicture(data, wrong as never)).toThrow(ConfigError);
    }
    for (const right of [240, 2000]) expect(sharesPicture(data, { width: right })).toContain(`width="${right}"`);
  });
});

describe('what pictures show', () => {
  test('shares are steps at their times, one upon the other', () => {
    const points = [
      { at: 0, shares: { candidate: 0.25, baseline: 0.75 } },
      { at: 5 * hour, shares: { candidate: 0.75, baseline: 0.25 } },
    ];
    const svg = sharesPicture({ time, points, until: 10 * hour });
    const [line = ''] = paths(svg, 'line-tone-0');
    const corners = line
      .split(/[ML]/)
      .filter(Boolean)
      .map((pair) => pair.split(',').map(Number));
    const [x0, x1, x2] = [corners[0]?.[0], corners[1]?.[0], corners.at(-1)?.[0]] as [number, number, number];
    expect(x1 - x0).toBeCloseTo((x2 - x0) / 2, 1);
    // The plot is from 28 (all) to 172 (nobody).
    expect(corners.map(([, y]) => y)).toEqual([136, 136, 64, 64, 64]);
    expect(said(svg)).toEqual(
      expect.arrayContaining(['candidate 75 %', 'baseline 25 %', 'share of units, %', 'hours since the start']),
    );
  });

  test('a difference stands beside zero, its margin and its interval', () => {
    const points = [1, 2, 3, 4].map((at) => ({ at: at * hour, difference: -0.02, interval: [-0.04, 0] as const }));
    const svg = differencePicture({
      time,
      metric: 'clicked',
      arm: 'new',
      control: 'old',
      unit: 'points',
      points,
      margin: -0.01,
    });
    expect(said(svg)).toEqual(
      expect.arrayContaining(['new −2', 'no difference', 'margin −1 point', 'difference in clicked, points']),
    );
    expect(svg).toContain('<desc>In the end −2 points, with an interval of −4 to 0 points.</desc>');
    expect(paths(svg, 'tint-tone-0')).toHaveLength(1);
    const places = Array.from(
      svg.matchAll(/<line class="(axis|limit)" x1="[^"]+" x2="[^"]+" y1="([\d.]+)" y2="\2"/g),
      ([, kind, y]) => [kind, Number(y)],
    );
    const zero = places.find(([kind, y]) => kind === 'axis' && y !== 172)?.[1];
    expect([zero, places.find(([kind]) => kind === 'limit')?.[1]]).toEqual([28, 64]);
    const without = differencePicture({ time, metric: 'm', arm: 'new', control: 'old', unit: '€', points });
    expect(said(without).some((text) => text.startsWith('margin'))).toBe(false);
    expect(said(without)).toContain('difference in m, €');
  });

  test('alpha is drawn in powers of ten up to what decides', () => {
    const rules = [
      { rule: 'a', outcome: 'inconclusive', spent: 0.01 },
      { rule: 'b', outcome: 'fail', spent: 40 },
      { rule: 'c', outcome: 'error' },
    ];
    const svg = guardrailsPicture({ rules, stop: { alpha: 0.01, spent: 1 } });
    expect(said(svg)).toEqual(expect.arrayContaining(['1 %, inconclusive', '100 %, fail', 'error', '100 % of 1 %']));
    const dots = Array.from(svg.matchAll(/<circle class="([\w-]+)" cx="([\d.]+)"/g), ([, kind, x]) => [
      kind,
      Number(x),
    ]);
    // The track is from 10 (a hundredth of a percent) to 326.
    expect(dots).toEqual([
      ['fill-tone-0', 168],
      ['fill-tone-1', 326],
      ['fill-quiet', 326],
    ]);
    expect(svg.match(/class="limit"/g)).toHaveLength(4);
  });

  test('the course of alpha names the rule that came nearest first, at most six', () => {
    const rules = Array.from({ length: 8 }, (_, index) => ({
      rule: `r${index}`,
      points: [
        { at: 0, spent: index / 10 },
        { at: 1, spent: index / 20 },
      ],
    }));
    const svg = evidencePicture({ time, rules });
    expect(svg).toMatch(/<desc>r7 came to 70 % of what decides/);
    expect(
      said(svg)
        .filter((text) => /^r\d$/.test(text))
        .toSorted(),
    ).toEqual(['r2', 'r3', 'r4', 'r5', 'r6', 'r7']);
  });

  test('latencies are dots on a logarithmic track', () => {
    const svg = latencyPicture({
      arms: [
        { arm: 'a', p50: 10, p95: 100, p99: 999 },
        { arm: 'b', p50: null, p95: 1, p99: 1 },
      ],
    });
    const xs = Array.from(svg.matchAll(/<circle class="fill-tone-0" cx="([\d.]+)"/g), ([, x]) => Math.round(Number(x)));
    expect(xs).toEqual([10, 168, 326]);
    expect(said(svg)).toContain('10 · 100 · 999 ms');
  });

  test('a course of exposures ends with the counts, and regret with that of equal shares', () => {
    const svg = exposuresPicture({
      time,
      points: [
        { at: 0, counts: {} },
        { at: hour, counts: { a: 12_345, b: 10 } },
      ],
    });
    expect(said(svg)).toEqual(expect.arrayContaining(['a 12,345', 'b 10', 'exposures so far']));
    const lost = regretPicture({
      time,
      metric: 'clicked',
      unit: 'count',
      points: [
        { at: 0, regret: 0, even: 0 },
        { at: hour, regret: 3, even: 120 },
      ],
    });
    expect(said(lost)).toEqual(expect.arrayContaining(['regret 3', 'equal shares', 'lost clicked']));
    expect(lost).toContain('3 lost in the end; equal shares would have lost 120.');
  });

  test('a timeline tells when, what and why, and of many events the first and last', () => {
    const event = (at: number): TimelineEvent => ({
      at: at * hour,
      node: 'root',
      from: 'a',
      to: `s${at}`,
      why: `reason ${at}`,
    });
    const few = timelinePicture({
      time,
      events: [event(2), event(1), { ...event(3), isAlert: true }],
      from: 0,
      until: 4 * hour,
    });
    expect(said(few)).toEqual(['1 h · a → s1', 'reason 1', '2 h · a → s2', 'reason 2', '3 h · alert', 'reason 3']);
    const many = timelinePicture({
      time,
      events: Array.from({ length: 30 }, (_, at) => event(at)),
      from: 0,
      until: 30 * hour,
    });
    expect(said(many).filter((text) => text.startsWith('reason'))).toEqual(
      [0, 1, 2, 3, 4, 5, 24, 25, 26, 27, 28, 29].map((at) => `reason ${at}`),
    );
    expect(many).toContain('18 more in between.');
    const words = Array.from({ length: 200 }, (_, at) => `word${at}`).join(' ');
    const long = said(timelinePicture({ time, events: [{ ...event(1), why: words }], from: 0, until: 4 * hour }));
    expect(long).toHaveLength(6);
    expect(long.at(-1)).toMatch(/…$/);
    const nodes = timelinePicture({
      time,
      events: [event(1), { ...event(2), node: 'other', to: 'a' }],
      from: 0,
      until: 4 * hour,
    });
    expect(said(nodes)).toEqual(expect.arrayContaining(['1 h · root: a → s1', '2 h · other: new shares']));
  });

  test('endings tell right from wrong by the truth of the scenario', () => {
    const svg = endingsPicture({
      scenarios: [scenario('equal', 'harmless', [9, 1]), scenario('worse', 'harmful', [2, 7])],
    });
    expect(said(svg)).toEqual(
      expect.arrayContaining(['promoted 90 %, false alarms 10 %', 'rolled back 70 %, missed 20 %, 10 % open']),
    );
    expect(said(endingsPicture({ scenarios: [scenario('open', 'harmful', [0, 0])] }))).toContain('100 % open');
    const blocks = Array.from(
      svg.matchAll(/<rect class="([\w-]+)" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g),
      ([, kind, x, width]) => [kind, Number(x), Number(width)],
    );
    expect(blocks).toEqual([
      ['fill-tone-0', 10, 284.4],
      ['fill-tone-1', 294.4, 31.6],
      ['fill-tone-1', 10, 63.2],
      ['fill-tone-0', 104.8, 221.2],
    ]);
  });

  test('power adds up over the stages, of which the end is none', () => {
    const svg = powerPicture({ scenarios: [scenario('worse', 'harmful', [2, 7])] });
    expect(said(svg)).toEqual(expect.arrayContaining(['worse 70 %', '5%', '50%']));
    expect(said(svg)).not.toContain('promoted');
    expect(said(svg)).not.toContain('rolled-back');
    const ys = (paths(svg, 'line-tone-0')[0] ?? '')
      .split(/[ML]/)
      .filter(Boolean)
      .map((pair) => Number(pair.split(',')[1]));
    // A tenth and seven tenths of the plot from 172 to 28.
    expect(ys).toEqual([157.6, 71.2]);
  });

  test('decisions are timed in a unit that fits', () => {
    const svg = decisionTimePicture({
      scenarios: [scenario('worse', 'harmful', [2, 7]), scenario('open', 'harmful', [0, 0])],
    });
    expect(said(svg)).toEqual(expect.arrayContaining(['worse', '2 (1 to 4) hours']));
    expect(said(svg)).not.toContain('open');
    expect(said(reachPicture({ scenarios: [scenario('worse', 'harmful', [2, 7])] }))).toContain('500 ± 1');
  });
});
