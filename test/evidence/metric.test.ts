import { describe, expect, expectTypeOf, it } from 'vitest';
import { ConfigError } from '../../src/core/errors.js';
import type { Issue } from '../../src/core/errors.js';
import {
  binary,
  continuous,
  defaultWindowMs,
  longestWindowMs,
  longestWindowOf,
  metricsCheck,
  type OutcomeOf,
  ratio,
  type RatioValue,
} from '../../src/evidence/metric.js';

const issuesOf = (work: () => unknown): readonly Issue[] => {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
  }
  return [];
};
const check = (metrics: unknown): readonly Issue[] => {
  const issues: Issue[] = [];
  metricsCheck(metrics, 'metrics', issues);
  return issues;
};

describe('metrics', () => {
  it('a binary metric counts per exposure for half an hour, and more is better', () => {
    expect(binary()).toEqual({ type: 'binary', per: 'exposure', windowMs: 1_800_000, better: 'higher' });
    expect(Object.isFrozen(binary())).toBe(true);
    expect(defaultWindowMs).toBe(1_800_000);
  });

  it('a continuous metric counts per report, without a cap', () => {
    expect(continuous()).toEqual({ type: 'continuous', per: 'report', windowMs: 1_800_000, better: 'higher' });
    expect(Object.isFrozen(continuous())).toBe(true);
  });

  it('every default can be overridden', () => {
    const options = { per: 'report', windowMs: 5, better: 'lower' } as const;
    expect(binary(options)).toEqual({ type: 'binary', ...options });
    const priced = { per: 'exposure', windowMs: 5, better: 'lower', cap: 200 } as const;
    expect(continuous(priced)).toEqual({ type: 'continuous', ...priced });
  });

  it.each([
    [0, 'options.windowMs'],
    [-1, 'options.windowMs'],
    [Number.NaN, 'options.windowMs'],
    [longestWindowMs + 1, 'options.windowMs'],
    ['1h', 'options.windowMs'],
  ])('refuses a window of %s', (windowMs, path) => {
    const issues = issuesOf(() => binary({ windowMs: windowMs as number }));
    expect(issues.map((issue) => issue.path)).toEqual([path]);
    expect(issues[0]?.message).toMatch(/^must be a time in milliseconds over 0, at most 90 days/);
  });

  it('takes windows up to 90 days', () => {
    expect(binary({ windowMs: longestWindowMs }).windowMs).toBe(90 * 24 * hour);
    expect(binary({ windowMs: 1e-3 }).windowMs).toBe(1e-3);
  });

  it.each([0, -1, Number.NaN, Infinity, 1e12 + 1, '9'])('refuses a cap of %s', (cap) => {
    expect(issuesOf(() => continuous({ cap: cap as number }))[0]?.message).toMatch(
      /^must be a number over 0, at most 1000/,
    );
  });

  it('takes caps up to 1e12', () => {
    expect(continuous({ cap: 1e12 }).cap).toBe(1e12);
  });

  it('refuses unknown words and unknown options', () => {
    // @ts-expect-error - the word is not one of the two
    expect(issuesOf(() => binary({ per: 'request' }))[0]?.path).toBe('options.per');
    // @ts-expect-error - the word is not one of the two
    expect(issuesOf(() => continuous({ better: 'more' }))[0]?.path).toBe('options.better');
    // @ts-expect-error - a binary metric has no cap
    expect(issuesOf(() => binary({ cap: 3 }))[0]?.path).toBe('options.cap');
  });
});

const hour = 3_600_000;

describe('ratio', () => {
  it('is reported by decision, and needs no more than its parts', () => {
    expect(ratio()).toEqual({ type: 'ratio', per: 'report', windowMs: hour / 2, better: 'higher' });
    expect(ratio({ windowMs: hour, better: 'lower' })).toEqual({
      type: 'ratio',
      per: 'report',
      windowMs: hour,
      better: 'lower',
    });
    expect(Object.isFrozen(ratio())).toBe(true);
  });

  it('refuses what it has not', () => {
    // @ts-expect-error - a decision without a report adds nothing to either sum
    expect(issuesOf(() => ratio({ per: 'exposure' }))[0]?.path).toBe('options.per');
    // @ts-expect-error - the covariate of a ratio would need one for each part
    expect(issuesOf(() => ratio({ covariate: 'x' }))[0]?.path).toBe('options.covariate');
    expect(issuesOf(() => ratio({ windowMs: 0 }))[0]?.path).toBe('options.windowMs');
  });
});

describe('a covariate', () => {
  it('is the name of an attribute, of binary and continuous metrics', () => {
    expect(binary({ covariate: 'clicksBefore' }).covariate).toBe('clicksBefore');
    expect(continuous({ covariate: 'spentBefore' }).covariate).toBe('spentBefore');
    expect('covariate' in binary()).toBe(false);
    expect('covariate' in continuous()).toBe(false);
    for (const covariate of ['', 3]) {
      expect(issuesOf(() => binary({ covariate: covariate as string }))[0]?.path).toBe('options.covariate');
      expect(issuesOf(() => continuous({ covariate: covariate as string }))[0]?.path).toBe('options.covariate');
    }
    expect(check({ clicked: { ...binary(), covariate: '' } }).map(({ path }) => path)).toEqual([
      'metrics.clicked.covariate',
    ]);
  });
});

describe('the type of an outcome', () => {
  const metrics = { clicked: binary(), spent: continuous(), rate: ratio() };
  type Outcome = OutcomeOf<typeof metrics>;

  it('is inferred from the metrics', () => {
    expectTypeOf<NonNullable<Outcome['clicked']>>().toEqualTypeOf<boolean>();
    expectTypeOf<NonNullable<Outcome['spent']>>().toEqualTypeOf<number>();
    expectTypeOf<NonNullable<Outcome['rate']>>().toEqualTypeOf<RatioValue>();
  });

  it('refuses reports of another kind', () => {
    const outcomes: readonly Outcome[] = [
      { rate: { numerator: 1, denominator: 2 }, error: true },
      // @ts-expect-error - a ratio has two parts
      { rate: 0.5 },
      // @ts-expect-error - a part is missing
      { rate: { numerator: 1 } },
      // @ts-expect-error - a part has another name
      { rate: { numerator: 1, denominator: 2, weight: 3 } },
      // @ts-expect-error - a binary metric is no ratio
      { clicked: { numerator: 1, denominator: 2 } },
    ];
    expect(outcomes).toHaveLength(5);
  });
});

describe('metricsCheck', () => {
  it('passes declared metrics, and none at all', () => {
    expect(check({ clicked: binary(), revenue: continuous({ cap: 10 }) })).toEqual([]);
    expect(check({})).toEqual([]);
    expect(check({ ['x'.repeat(128)]: binary() })).toEqual([]);
  });

  it.each(['error', 'latency', 'latencyMs', 'mismatch'])('refuses %s, which is measured already', (name) => {
    expect(check({ [name]: binary() })).toEqual([
      { path: `metrics.${name}`, message: 'is measured already. Choose another name.' },
    ]);
  });

  it('refuses what is not a metric, and says where', () => {
    expect(check({ clicked: 'binary' })).toEqual([
      { path: 'metrics.clicked', message: "must be binary(), continuous() or ratio() (was 'binary')." },
    ]);
    expect(check({ clicked: { type: 'binary' } }).map(({ path }) => path)).toEqual([
      'metrics.clicked.per',
      'metrics.clicked.windowMs',
      'metrics.clicked.better',
    ]);
    expect(check({ clicked: { ...binary(), type: 'ternary' } }).map(({ path }) => path)).toEqual([
      'metrics.clicked.type',
    ]);
    expect(check({ clicked: { ...binary(), cap: -1 } }).map(({ path }) => path)).toEqual(['metrics.clicked.cap']);
    for (const other of [null, 3, [binary()]]) {
      expect(check(other)).toMatchObject([{ path: 'metrics' }]);
      expect(check(other)[0]?.message).toMatch(/^must be an object with at most 256 metrics \(was /);
    }
  });

  it('refuses names of no letters and of more than 128', () => {
    expect(check({ '': binary() })).toMatchObject([
      { path: 'metrics.', message: 'must have a name of 1 to 128 characters.' },
    ]);
    expect(check({ ['x'.repeat(129)]: binary() })).toHaveLength(1);
  });

  it('takes 256 metrics and no more', () => {
    const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`m${i}`, binary()]));
    expect(check(many(256))).toEqual([]);
    expect(check(many(257))).toMatchObject([{ path: 'metrics' }]);
  });
});

describe('longestWindowOf', () => {
  it('is the longest window, and never under half an hour', () => {
    expect(longestWindowOf({})).toBe(defaultWindowMs);
    expect(longestWindowOf({ a: binary({ windowMs: 1 }) })).toBe(defaultWindowMs);
    expect(longestWindowOf({ a: binary({ windowMs: 9 * hour }), b: continuous() })).toBe(9 * hour);
  });
});

describe('OutcomeOf', () => {
  it('infers what may be reported from the declared metrics', () => {
    type Outcome = OutcomeOf<{ clicked: ReturnType<typeof binary>; revenue: ReturnType<typeof continuous> }>;
    expectTypeOf<Outcome['clicked']>().toEqualTypeOf<boolean | undefined>();
    expectTypeOf<Outcome['revenue']>().toEqualTypeOf<number | undefined>();
    const fine: Outcome = { clicked: true, revenue: 3, error: false, latencyMs: 12 };
    // @ts-expect-error - the field is misspelt
    const misspelt: Outcome = { cliked: true };
    // @ts-expect-error - a binary metric takes a boolean
    const wrong: Outcome = { clicked: 2 };
    // @ts-expect-error - without metrics only what is built in may be reported
    const none: OutcomeOf<Record<never, never>> = { clicked: true };
    const builtIn: OutcomeOf<Record<never, never>> = { error: true };
    expect([fine, misspelt, wrong, none, builtIn]).toHaveLength(5);
  });
});
