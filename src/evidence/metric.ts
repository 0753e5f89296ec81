import { type Check, must, object, oneOf, optional, show, text, verify } from '../core/options.js';
import { isObject } from '../core/json.js';

/** What a metric's numbers mean. `'~value'` only carries the type of what is reported. */
export interface Metric<V> {
  readonly type: 'binary' | 'continuous' | 'ratio';
  /**
   * What an exposure without a report counts as, once its window has closed: `exposure` makes it a 0 (nobody clicked, nothing
   * was bought), `report` leaves it out (nobody gave a rating).
   */
  readonly per: 'exposure' | 'report';
  /** How long after its exposure a report still counts, in milliseconds. */
  readonly windowMs: number;
  readonly better: 'higher' | 'lower';
  /** Values are counted as min(value, cap), in [0, cap]. */
  readonly cap?: number;
  /** The attribute of the context, known before the exposure, whose influence is taken out of comparisons. */
  readonly covariate?: string;
  readonly '~value'?: V;
}

/** What is reported of a ratio: both parts, of one decision. */
export interface RatioValue {
  readonly numerator: number;
  /** 0 or more. */
  readonly denominator: number;
}

export type Metrics = Readonly<Record<string, Metric<unknown>>>;

/**
 * What may be reported of a decision: each declared metric's value, and, where the model was called elsewhere after `decide`,
 * whether it failed and how long it took.
 */
export type OutcomeOf<Qs> = {
  readonly error?: boolean;
  readonly latencyMs?: number;
} & { readonly [K in keyof Qs]?: Qs[K] extends Metric<infer V> ? V : never };

export interface BinaryOptions {
  readonly per?: 'exposure' | 'report';
  readonly windowMs?: number;
  readonly better?: 'higher' | 'lower';
  /** A numeric attribute of the context that was known before the exposure, such as last month's purchases. */
  readonly covariate?: string;
}

export type RatioOptions = Pick<BinaryOptions, 'windowMs' | 'better'>;

export interface ContinuousOptions extends BinaryOptions {
  readonly cap?: number;
}

/** The window of a metric that names none: half an hour. */
export const defaultWindowMs = 30 * 60_000;
/** Evidence is kept apart by the hour until its window has closed, so a window has an end: 90 days. */
export const longestWindowMs = 90 * 86_400_000;
/** The greatest magnitude of a reported value: where sketches end, and far from where squares overflow. */
export const greatestValue = 1e12;

const isNumber = (value: unknown): value is number => typeof value === 'number';
const windowCheck = must(
  'a time in milliseconds over 0, at most 90 days',
  (value) => isNumber(value) && value > 0 && value <= longestWindowMs,
);
const capCheck = must(
  `a number over 0, at most ${greatestValue}`,
  (value) => isNumber(value) && value > 0 && value <= greatestValue,
);
const shared = {
  per: optional(oneOf('exposure', 'report')),
  windowMs: optional(windowCheck),
  better: optional(oneOf('higher', 'lower')),
};
const withCovariate = { ...shared, covariate: optional(text) };

/**
 * Something that happened or did not: a click, a purchase, a complaint. Reported as true or false.
 *
 * `per` defaults to `exposure`: an exposure whose window closed without a report is a `false`, so that only what happened needs
 * reporting. `windowMs` defaults to 30 minutes, `better` to `higher`. A `covariate` sharpens comparisons by what of the metric it
 * foretells (CUPED: Deng, Xu, Kohavi and Walker, WSDM 2013); it must not be anything that the model can change. Throws ConfigError.
 */
export function binary(options: BinaryOptions = {}): Metric<boolean> {
  verify('binary', 'options', options, object(withCovariate));
  const { per = 'exposure', windowMs = defaultWindowMs, better = 'higher', covariate } = options;
  return Object.freeze({ type: 'binary', per, windowMs, better, ...(covariate !== undefined && { covariate }) });
}

/**
 * An amount: revenue, a rating, a number of tokens. Reported as a finite number of at most 1e12 in magnitude.
 *
 * `per` defaults to `report`, the mean of what was reported; with `exposure` one without a report is a 0, which is what revenue
 * wants. `cap` counts values as min(value, cap) and refuses negative ones: without it no test of the mean is exact, since one
 * enormous value can carry any difference (Bahadur and Savage, 1956). `windowMs` defaults to 30 minutes, `better` to `higher`,
 * `covariate` as for `binary`. Throws ConfigError.
 */
export function continuous(options: ContinuousOptions = {}): Metric<number> {
  verify('continuous', 'options', options, object({ ...withCovariate, cap: optional(capCheck) }));
  const { per = 'report', windowMs = defaultWindowMs, better = 'higher', cap, covariate } = options;
  return Object.freeze({
    type: 'continuous',
    per,
    windowMs,
    better,
    ...(cap === undefined ? {} : { cap }),
    ...(covariate === undefined ? {} : { covariate }),
  });
}

/**
 * A ratio of two sums: clicks per view, tokens per answer, revenue per order. Reported as `{ numerator, denominator }`.
 *
 * The ratio is that of the sums, not the mean of each report's ratio, and is judged by the delta method over units (Deng, Knoblich
 * and Lu, KDD 2018): reports of one unit resemble each other, and its denominators vary with it. A decision without a report adds
 * nothing to either sum. Magnitudes are at most 1e12. `windowMs` defaults to 30 minutes, `better` to `higher`. Throws ConfigError.
 */
export function ratio(options: RatioOptions = {}): Metric<RatioValue> {
  const { per: _, ...keys } = shared;
  verify('ratio', 'options', options, object(keys));
  const { windowMs = defaultWindowMs, better = 'higher' } = options;
  return Object.freeze({ type: 'ratio', per: 'report', windowMs, better });
}

/** Names that are measured without being declared, or look as if they were. */
const reserved: ReadonlySet<string> = new Set(['error', 'latency', 'latencyMs', 'mismatch']);
const metricsMax = 256;

const metricCheck = object({
  type: oneOf('binary', 'continuous', 'ratio'),
  per: oneOf('exposure', 'report'),
  windowMs: windowCheck,
  better: oneOf('higher', 'lower'),
  cap: optional(capCheck),
  covariate: optional(text),
});

/** The check of a router's `metrics`: at most 256, of `binary()`, `continuous()` and `ratio()`, none with a name that is built in. */
export const metricsCheck: Check = (value, path, issues) => {
  const names = isObject(value) ? Object.keys(value) : [];
  if (!isObject(value) || names.length > metricsMax) {
    issues.push({ path, message: `must be an object with at most ${metricsMax} metrics (was ${show(value)}).` });
    return;
  }
  for (const name of names) {
    const at = `${path}.${name}`;
    const metric = value[name];
    if (name === '' || name.length > 128)
      issues.push({ path: at, message: 'must have a name of 1 to 128 characters.' });
    else if (reserved.has(name)) issues.push({ path: at, message: 'is measured already. Choose another name.' });
    else if (isObject(metric)) metricCheck(metric, at, issues);
    else issues.push({ path: at, message: `must be binary(), continuous() or ratio() (was ${show(metric)}).` });
  }
};

/** The longest window of the metrics: how long after its end a time bucket can still change. */
export function longestWindowOf(metrics: Metrics): number {
  return Object.values(metrics).reduce((longest, { windowMs }) => Math.max(longest, windowMs), defaultWindowMs);
}
