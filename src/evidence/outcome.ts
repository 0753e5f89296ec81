import { isObject, own } from '../core/json.js';
import { nearest, show } from '../core/options.js';
import { greatestValue, type Metric, type Metrics } from './metric.js';

/** One value of a report that can be counted. */
export interface ReportedValue {
  readonly name: string;
  readonly metric: Metric<unknown>;
  readonly value: number;
  /** Of a ratio. */
  readonly denominator?: number;
}

/** A report after its check: what can be counted, and why the rest cannot. */
export interface ReportedOutcome {
  readonly values: readonly ReportedValue[];
  readonly error?: boolean;
  readonly latencyMs?: number;
  readonly reasons: readonly string[];
}

const fieldsMax = 256;

/**
 * Checks a report against the declared metrics. It comes from outside, so nothing throws: each value that cannot be counted is
 * left out with a reason, and the others stand. Fields that are `undefined` are as good as absent.
 */
export function parseOutcome(metrics: Metrics, report: unknown): ReportedOutcome {
  if (!isObject(report)) return { values: [], reasons: [`the outcome must be an object (was ${show(report)})`] };
  const names = Object.keys(report);
  if (!(names.length <= fieldsMax)) return { values: [], reasons: [`the outcome has more than ${fieldsMax} fields`] };
  const values: ReportedValue[] = [];
  const reasons: string[] = [];
  const builtIn: { error?: boolean; latencyMs?: number } = {};
  for (const name of names) {
    const value = report[name];
    if (value === undefined) continue;
    const metric = own(metrics, name);
    if (metric !== undefined) {
      const counted = metric.type === 'ratio' ? ratioOf(value) : numberOf(metric, value);
      if (typeof counted === 'number') values.push({ name, metric, value: counted });
      else if (typeof counted === 'object') values.push({ name, metric, ...counted });
      else reasons.push(`${name}: ${counted} (was ${show(value)})`);
    } else if (name === 'error') {
      if (typeof value === 'boolean') builtIn.error = value;
      else reasons.push(`error: must be true or false (was ${show(value)})`);
    } else if (name === 'latencyMs') {
      if (typeof value === 'number' && value >= 0 && value < Infinity) builtIn.latencyMs = value;
      else reasons.push(`latencyMs: must be a time in milliseconds, 0 or more (was ${show(value)})`);
    } else {
      const near = nearest(name, [...Object.keys(metrics), 'error', 'latencyMs']);
      reasons.push(`${name.slice(0, 64)}: is not a metric.${near === undefined ? '' : ` Did you mean ${near}?`}`);
    }
  }
  return { values, reasons, ...builtIn };
}

/** The value as a number, or what it should have been. */
function numberOf({ type, cap }: Metric<unknown>, value: unknown): number | string {
  if (type === 'binary') return typeof value === 'boolean' ? Number(value) : 'must be true or false';
  const least = cap === undefined ? -greatestValue : 0;
  const isCountable = typeof value === 'number' && value >= least && value <= greatestValue;
  return isCountable ? value : `must be a number from ${least} to ${greatestValue}`;
}

/** Both parts of a ratio, or what they should have been. */
function ratioOf(value: unknown): { readonly value: number; readonly denominator: number } | string {
  const { numerator, denominator } = isObject(value) ? value : {};
  const isRatio =
    typeof numerator === 'number' &&
    typeof denominator === 'number' &&
    Math.abs(numerator) <= greatestValue &&
    denominator >= 0 &&
    denominator <= greatestValue;
  return isRatio
    ? { value: numerator, denominator }
    : `must be { numerator, denominator }, numbers of at most ${greatestValue}, the denominator 0 or more`;
}
