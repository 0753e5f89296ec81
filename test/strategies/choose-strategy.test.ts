import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTurnoutError } from '../../src/core/errors.js';
import { ABTest } from '../../src/strategies/ab-test.js';
import { Bandit } from '../../src/strategies/bandit.js';
import { BlueGreen } from '../../src/strategies/blue-green.js';
import { Canary } from '../../src/strategies/canary.js';
import { type Choice, type Needs, type Start, chooseStrategy } from '../../src/strategies/choose-strategy.js';
import { unitsToCompare } from '../../src/strategies/choose-strategy-starts.js';
import { rows } from '../../src/strategies/choose-strategy-table.js';
import { DarkLaunch } from '../../src/strategies/dark-launch.js';
import { FeatureFlag } from '../../src/strategies/feature-flag.js';
import { Pipeline } from '../../src/strategies/pipeline.js';
import { Rolling } from '../../src/strategies/rolling.js';
import { Shadow } from '../../src/strategies/shadow.js';
import type { Strategy } from '../../src/strategies/strategy.js';

const hour = 3_600_000;
const day = 24 * hour;

const plain: Needs = {
  riskTolerance: 'medium',
  twoCopies: true,
  feedback: 'operational',
  requestsPerDay: 50_000,
  complexity: 'high',
};
const namesOf = (needs: Partial<Needs>) => chooseStrategy({ ...plain, ...needs }).map(({ name }) => name);
const best = (needs: Partial<Needs>) => namesOf(needs)[0];
const find = (name: string, needs: Partial<Needs> = {}): Choice => {
  const choice = chooseStrategy({ ...plain, ...needs }).find((candidate) => candidate.name === name);
  if (choice === undefined) throw new Error(`${name} is not possible`);
  return choice;
};

const answers = {
  riskTolerance: ['low', 'medium', 'high'],
  twoCopies: [true, false],
  feedback: ['operational', 'outcomes'],
  feedbackDelayMs: [0, hour, 3 * hour, day, 9 * day],
  requestsPerDay: [0.5, 400, 999, 1000, 40_000, 100_000, 1e9],
  complexity: ['low', 'medium', 'high'],
  goal: ['replace', 'compare', 'optimize'],
  access: ['everybody', 'hidden', 'by-rule'],
} as const satisfies { readonly [N in keyof Needs]-?: readonly unknown[] };

const needs = fc.record(
  Object.fromEntries(
    Object.entries(answers).map(([need, values]) => [need, fc.constantFrom(...(values as readonly unknown[]))]),
  ),
) as unknown as fc.Arbitrary<Needs>;

/** Every combination of answers. */
const allNeeds: readonly Needs[] = Object.entries(answers).reduce<readonly object[]>(
  (some, [need, values]) => some.flatMap((given) => values.map((value) => ({ ...given, [need]: value }))),
  [{}],
) as readonly Needs[];

/** Hands a start to its class, as a user would. */
function built(start: Start): Strategy {
  switch (start.kind) {
    case 'canary':
      return new Canary({ baseline: 'v1', candidate: 'v2', ...start.options });
    case 'blue-green':
      return new BlueGreen({ blue: 'v1', green: 'v2', ...start.options });
    case 'shadow':
      return new Shadow({ primary: 'v1', shadow: 'v2', ...start.options });
    case 'dark-launch':
      return new DarkLaunch({ visible: 'v1', hidden: 'v2', ...start.options });
    case 'feature-flag':
      return new FeatureFlag({ off: 'v1', on: 'v2', ...start.options });
    case 'ab-test':
      return new ABTest({ arms: { old: 'v1', fresh: 'v2' }, primary: 'clicked', ...start.options });
    case 'bandit':
      return new Bandit({ arms: { old: 'v1', fresh: 'v2' }, baseline: 'old', reward: 'clicked', ...start.options });
    case 'pipeline': {
      const stages = Object.entries(start.stages).map(([name, stage]) => [name, built(stage)] as const);
      return new Pipeline({ stages: Object.fromEntries(stages) as Record<string, Strategy>, leave: start.leave });
    }
    case 'rolling':
      return new Rolling({ from: 'v1', to: 'v2', ...start.options });
  }
}

describe('the choice of a strategy', () => {
  test.each([
    [{}, 'canary'],
    [{ twoCopies: false }, 'rolling'],
    [{ riskTolerance: 'high' }, 'blue-green'],
    [{ requestsPerDay: 500 }, 'blue-green'],
    [{ riskTolerance: 'low' }, 'shadow, then canary'],
    [{ riskTolerance: 'low', complexity: 'low' }, 'canary'],
    [{ access: 'hidden' }, 'dark-launch'],
    [{ access: 'by-rule' }, 'feature-flag'],
    [{ goal: 'compare', feedback: 'outcomes' }, 'ab-test'],
    [{ goal: 'compare', feedback: 'outcomes', riskTolerance: 'low' }, 'shadow, canary, then A/B test'],
    [{ goal: 'optimize', feedback: 'outcomes' }, 'bandit'],
    [{ goal: 'optimize', feedback: 'outcomes', feedbackDelayMs: 3 * day }, 'ab-test'],
    [{ goal: 'compare' }, 'canary'],
  ] as [Partial<Needs>, string][])('for %j begins with %s', (given, name) => {
    expect(best(given)).toBe(name);
  });

  test('has a row at the top for every name in the table', () => {
    const tops = new Set(allNeeds.map((given) => chooseStrategy(given)[0]?.name));
    expect([...tops].toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
  });

  test('leaves out what is not possible', () => {
    expect(namesOf({ twoCopies: false })).toEqual(['rolling']);
    const measured = ['ab-test', 'bandit', 'shadow, canary, then A/B test'];
    const has = (given: Partial<Needs>) => measured.map((name) => namesOf(given).includes(name));
    expect(has({})).toEqual([false, false, false]);
    expect(has({ feedback: 'outcomes' })).toEqual([true, true, true]);
    expect(has({ feedback: 'outcomes', requestsPerDay: 999 })).toEqual([false, false, false]);
    expect(has({ feedback: 'outcomes', requestsPerDay: 1000 })).toEqual([true, true, true]);
    expect(has({ feedback: 'outcomes', feedbackDelayMs: day })).toEqual([true, true, true]);
    expect(has({ feedback: 'outcomes', feedbackDelayMs: day + 1 })).toEqual([true, false, true]);
  });

  test('ranks by points, and between equals the simpler first', () => {
    fc.assert(
      fc.property(needs, (given) => {
        const choices = chooseStrategy(given);
        expect(choices.length).toBeGreaterThan(0);
        const places = choices.map(({ name, score }) => ({ score, place: rows.findIndex((row) => row.name === name) }));
        for (const [index, { score, place }] of places.slice(1).entries()) {
          const before = places[index] as (typeof places)[number];
          expect(before.score > score || (before.score === score && before.place < place)).toBe(true);
        }
      }),
    );
  });

  test('says why, and what it costs, for each', () => {
    const { reasons, tradeOffs, score, add } = find('canary', { requestsPerDay: 999, riskTolerance: 'high' });
    expect(reasons).toEqual(['few users meet a bad model', 'it replaces one model by another, by itself']);
    expect(tradeOffs).toEqual([
      'on little traffic a small share shows nothing for days',
      'both models are loaded while it ramps',
    ]);
    expect(score).toBe(1 + 2 - 2);
    expect(add).toEqual(['guardrails: [maxErrorRate(0.02), maxLatency({ quantile: 0.95, ms: 300 })]']);
    fc.assert(
      fc.property(needs, (given) => {
        for (const choice of chooseStrategy(given)) expect(choice.tradeOffs.length).toBeGreaterThan(0);
      }),
    );
  });

  test('takes three points for each level that is more than wanted', () => {
    const scoreOf = (complexity: Needs['complexity']) =>
      find('bandit', { complexity, feedback: 'outcomes', goal: 'optimize' }).score;
    expect([scoreOf('high'), scoreOf('medium'), scoreOf('low')]).toEqual([6, 3, 0]);
    const more = 'there is more to understand and to run than you want';
    expect(find('shadow, then canary', { complexity: 'low' }).tradeOffs).toContain(more);
    expect(find('shadow, then canary', { complexity: 'medium' }).tradeOffs).not.toContain(more);
  });

  test('knows soon, the same day and late apart, where there are outcomes to wait for', () => {
    const soon = 'outcomes that come soon are learnt from soon';
    const reasons = (feedbackDelayMs: number) => find('bandit', { feedback: 'outcomes', feedbackDelayMs }).reasons;
    expect(reasons(hour)).toContain(soon);
    expect(reasons(hour + 1)).not.toContain(soon);
    const waits = 'each stage waits until its outcomes are known';
    const canary = (given: Partial<Needs>) => find('canary', { feedbackDelayMs: day + 1, ...given }).tradeOffs;
    expect(canary({ feedback: 'outcomes' })).toContain(waits);
    expect(canary({ feedback: 'operational' })).not.toContain(waits);
  });

  test('knows much traffic', () => {
    const much = 'a model that must take much load is tried under it';
    expect(find('dark-launch', { requestsPerDay: 100_000 }).reasons).toContain(much);
    expect(find('dark-launch', { requestsPerDay: 99_999 }).reasons).not.toContain(much);
  });
});

describe('a start', () => {
  test('is data that its class takes as it is', () => {
    fc.assert(
      fc.property(needs, (given) => {
        for (const { start } of chooseStrategy(given)) {
          expect(JSON.parse(JSON.stringify(start))).toEqual(start);
          expect(built(start).kind).toBe(start.kind);
        }
      }),
      { numRuns: 60 },
    );
  });

  const stages = (given: Partial<Needs>) => {
    const { start } = find('canary', given);
    return start.kind === 'canary' ? start.options.stages : [];
  };

  test('of a canary has more and slower stages the less may be risked', () => {
    expect(stages({ riskTolerance: 'low' })).toEqual([
      { share: 0.01, minAgeMs: 6 * hour, minOutcomes: 500 },
      { share: 0.05, minAgeMs: 6 * hour, minOutcomes: 500 },
      { share: 0.25, minAgeMs: 6 * hour, minOutcomes: 500 },
      { share: 0.5, minAgeMs: 6 * hour, minOutcomes: 500, hold: true },
    ]);
    expect(stages({})).toEqual([0.05, 0.25, 0.5].map((share) => ({ share, minAgeMs: hour, minOutcomes: 200 })));
    expect(stages({ riskTolerance: 'high' })).toEqual(
      [0.1, 0.5].map((share) => ({ share, minAgeMs: 600_000, minOutcomes: 100 })),
    );
  });

  test('of a canary begins with a share that sees a hundred requests a day, and asks for no more than a week brings', () => {
    const low = (requestsPerDay: number) => stages({ riskTolerance: 'low', requestsPerDay });
    expect(low(10_000)[0]?.share).toBe(0.01);
    expect(low(9999)[0]?.share).toBe(0.05);
    expect(low(200).map(({ share, minOutcomes, hold }) => [share, minOutcomes, hold])).toEqual([[0.5, 500, true]]);
    expect(low(100).map(({ share, minOutcomes }) => [share, minOutcomes])).toEqual([[0.5, 350]]);
    expect(low(1)[0]?.minOutcomes).toBe(20);
    expect(low(2000).map(({ share, minOutcomes }) => [share, minOutcomes])).toEqual([
      [0.05, 500],
      [0.25, 500],
      [0.5, 500],
    ]);
  });

  test('waits for outcomes that come late, and not for those that nobody reports', () => {
    const late = { feedbackDelayMs: 2 * day };
    expect(stages({ ...late, feedback: 'outcomes' })[0]?.minAgeMs).toBe(2 * day);
    expect(stages({ ...late, feedback: 'operational' })[0]?.minAgeMs).toBe(hour);
    expect(find('blue-green', { ...late, feedback: 'outcomes' }).start).toMatchObject({ options: { bakeMs: 2 * day } });
    const bandit = (feedbackDelayMs: number) =>
      find('bandit', { feedback: 'outcomes', feedbackDelayMs }).start as Start & { readonly kind: 'bandit' };
    expect(bandit(0).options.batchMs).toBe(hour);
    expect(bandit(5 * hour).options.batchMs).toBe(5 * hour);
  });

  test.each([
    ['blue-green', { riskTolerance: 'low' }, { switch: 'approved', bakeMs: 6 * hour, minOutcomes: 500 }],
    ['blue-green', { requestsPerDay: 10 }, { switch: 'automatic', bakeMs: hour, minOutcomes: 70 }],
    ['rolling', { riskTolerance: 'low' }, { maxUnavailable: 1, minReadyMs: 600_000, onFailure: 'pause' }],
    ['rolling', { twoCopies: false }, { maxUnavailable: 1, minReadyMs: 300_000, onFailure: 'reverse' }],
    ['rolling', { riskTolerance: 'high' }, { maxUnavailable: 1, minReadyMs: 60_000, onFailure: 'reverse' }],
    ['feature-flag', {}, { share: 0.05 }],
    ['feature-flag', { riskTolerance: 'low' }, { share: 0.01 }],
    ['feature-flag', { riskTolerance: 'high' }, { share: 0.1 }],
    ['ab-test', { feedback: 'outcomes' }, { plannedUnits: 28_800, coverage: 1 }],
    ['ab-test', { feedback: 'outcomes', riskTolerance: 'low' }, { plannedUnits: 28_800, coverage: 0.2 }],
    ['bandit', { feedback: 'outcomes' }, { batchMs: hour, floor: 0.01, minExploration: 200 }],
    ['bandit', { feedback: 'outcomes', riskTolerance: 'high' }, { batchMs: hour, floor: 0.05, minExploration: 100 }],
  ] as [string, Partial<Needs>, object][])('of %s for %j is %j', (name, given, options) => {
    expect(find(name, given).start).toEqual({ kind: name, options });
  });

  test('of a dark launch executes a tenth, and is revealed like a canary', () => {
    const { start } = find('dark-launch');
    expect(start).toEqual({ kind: 'dark-launch', options: { audience: [], execute: 0.1, reveal: stages({}) } });
  });

  test('of a pipeline has all its stages, and asks a person where little may be risked', () => {
    const shadow = { kind: 'shadow', options: { share: 0.2, until: { minAgeMs: day, minOutcomes: 200 } } };
    const canary = { kind: 'canary', options: { stages: stages({}) } };
    expect(find('shadow, then canary').start).toEqual({ kind: 'pipeline', stages: { shadow, canary }, leave: {} });
    expect(find('shadow, then canary', { riskTolerance: 'low' }).start).toMatchObject({
      leave: { shadow: { approval: true } },
    });
    const test = { kind: 'ab-test', options: { plannedUnits: 28_800, coverage: 1 } };
    expect(find('shadow, canary, then A/B test', { feedback: 'outcomes' }).start).toEqual({
      kind: 'pipeline',
      stages: { shadow, canary, test },
      leave: { shadow: { approval: true } },
    });
  });

  test('of a shadow mirrors about ten thousand requests a day', () => {
    const share = (requestsPerDay: number) => {
      const { start } = find('shadow, then canary', { requestsPerDay });
      return start.kind === 'pipeline' && start.stages['shadow']?.kind === 'shadow'
        ? start.stages['shadow'].options.share
        : undefined;
    };
    expect([1, 10_000, 20_000, 30_000, 1e6, 1e9].map(share)).toEqual([1, 1, 0.5, 0.3, 0.01, 0.01]);
  });

  test('of a test is as large as the rule of thumb says', () => {
    const [rate, difference] = [0.1, 0.01];
    expect(unitsToCompare).toBeCloseTo((2 * 16 * rate * (1 - rate)) / difference ** 2, 6);
  });
});

describe('needs', () => {
  test.each([
    [{ riskTolerance: 'none' }, "needs.riskTolerance: must be 'low' or 'medium' or 'high' (was 'none')."],
    [{ requestsPerDay: 0 }, 'needs.requestsPerDay: must be a number over 0 (was 0).'],
    [{ requestsPerDay: Number.NaN }, 'needs.requestsPerDay: must be a number over 0 (was NaN).'],
    [{ feedbackDelayMs: -1 }, 'needs.feedbackDelayMs: must be a time in milliseconds, 0 or more (was -1).'],
    [{ twoCopies: 2 }, 'needs.twoCopies: must be true or false (was 2).'],
    [{ traffic: 5 }, 'needs.traffic: is not an option.'],
    [{ goal: 'win' }, "needs.goal: must be 'replace' or 'compare' or 'optimize' (was 'win')."],
    [{ access: 'all' }, "needs.access: must be 'everybody' or 'hidden' or 'by-rule' (was 'all')."],
  ])('%j are refused', (change, message) => {
    try {
      chooseStrategy({ ...plain, ...change } as Needs);
      expect.unreachable();
    } catch (error) {
      expect(isTurnoutError(error, 'config')).toBe(true);
      expect(String(error)).toContain(message);
    }
  });
});

test('a bundle that only chooses has no strategy in it', async () => {
  const entry = new URL('../../src/strategies/choose-strategy.ts', import.meta.url).pathname;
  const { metafile } = await build({ entryPoints: [entry], bundle: true, write: false, metafile: true, format: 'esm' });
  const files = Object.keys(metafile.inputs).map((file) => file.replace(/^.*src\//, ''));
  expect(files.toSorted()).toEqual([
    'core/errors.ts',
    'core/json.ts',
    'core/options.ts',
    'strategies/choose-strategy-starts.ts',
    'strategies/choose-strategy-table.ts',
    'strategies/choose-strategy.ts',
  ]);
});

/** The tree of the page, in code; undefined where a leaf sends the reader on to another branch. */
function byTheTree({ riskTolerance: risk, goal, access, ...given }: Needs): string | undefined {
  const { requestsPerDay, feedback, feedbackDelayMs = 0 } = given;
  if (!given.twoCopies) return 'rolling';
  if (access === 'hidden') return 'dark-launch';
  if (access === 'by-rule') return 'feature-flag';
  if (goal === 'replace') {
    if (risk === 'low') return given.complexity === 'low' ? 'canary' : 'shadow, then canary';
    return risk === 'high' || requestsPerDay < 1000 ? 'blue-green' : 'canary';
  }
  if (feedback === 'operational' || requestsPerDay < 1000) return undefined;
  if (goal === 'optimize' && feedbackDelayMs <= day) return 'bandit';
  return risk === 'low' ? 'shadow, canary, then A/B test' : 'ab-test';
}

test('the tree on the page begins with the same strategy, where complexity does not matter or is asked for', () => {
  const leaves = new Set<string>();
  const others: unknown[] = [];
  for (const given of allNeeds) {
    const leaf = byTheTree(given);
    if (leaf === undefined || (given.goal !== 'replace' && given.complexity !== 'high')) continue;
    leaves.add(leaf);
    const [first] = chooseStrategy(given);
    if (first?.name !== leaf) others.push([given, leaf, first?.name]);
  }
  expect(others.slice(0, 3)).toEqual([]);
  expect(leaves.size).toBe(rows.length);
});

test('the page names every row of the table', () => {
  const page = readFileSync(new URL('../../docs/choosing-a-strategy.md', import.meta.url), 'utf8');
  for (const { name } of rows) expect(page).toContain(`| ${name} |`);
});
