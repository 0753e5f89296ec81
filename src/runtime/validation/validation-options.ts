import type { Clock } from '../../core/clock.js';
import type { Context } from '../../core/context.js';
import {
  type Check,
  anything,
  callable,
  count,
  fraction,
  listOf,
  must,
  object,
  openFraction,
  optional,
  positive,
  positiveCount,
  text,
  withMethods,
} from '../../core/options.js';
import { isObject } from '../../core/json.js';

/** One case of a golden set. */
export interface ValidationCase<I, E> {
  readonly input: I;
  /** What the scorer holds the output against. */
  readonly expected?: E;
  /** What the failure is called in the report. Default: its place, `case 17`. */
  readonly name?: string;
  readonly context?: Context;
}

/** How good an output is: true or false, or a number from 0 to 1. */
export type Scorer<I, O, E> = (
  output: O,
  validationCase: ValidationCase<I, E>,
) => boolean | number | PromiseLike<boolean | number>;

/** How far a validation is. */
export interface ValidationProgress {
  readonly done: number;
  readonly total: number;
  readonly failed: number;
}

/** Options of `validate`. */
export interface ValidationOptions<I, O, E> {
  /** Default: deep equality with `expected`, as of the comparator `exact()`. */
  readonly scorer?: Scorer<I, O, E>;
  /** The least mean score that is ok, a fraction. Default 1: every case must be right. */
  readonly minScore?: number;
  /** A case with a lower score is a failure. Default 0.5. */
  readonly passAt?: number;
  /** The model in use, called for each case as well. */
  readonly stable?: unknown;
  /** With `stable`: ok only if the mean score is shown to be lower by less than this, a fraction. Default: reported only. */
  readonly margin?: number;
  /** The level of the difference's interval is 1 - alpha. Default 0.05. */
  readonly alpha?: number;
  /** Cases at work at once. Default 4. */
  readonly concurrency?: number;
  /** For each call and its scoring, in milliseconds. Default 30 000. */
  readonly timeoutMs?: number;
  /** How many failures are kept; the rest is counted. Default 20. */
  readonly failuresKept?: number;
  /** Ends the validation early: nothing new begins, and the report is `cancelled`. */
  readonly signal?: AbortSignal;
  /** Told after each case. What it throws is dropped. */
  readonly onProgress?: (progress: ValidationProgress) => void;
  /** Default: the platform's. */
  readonly clock?: Clock;
}

const casesMax = 1_000_000;
const signalCheck = must('an AbortSignal', (value) => isObject(value) && typeof value['aborted'] === 'boolean');

const shape = object({
  scorer: optional(callable),
  minScore: optional(fraction),
  passAt: optional(fraction),
  stable: anything,
  margin: optional(openFraction),
  alpha: optional(openFraction),
  concurrency: optional(positiveCount),
  timeoutMs: optional(positive),
  failuresKept: optional(count),
  signal: optional(signalCheck),
  onProgress: optional(callable),
  clock: optional(withMethods('a clock', 'elapsed')),
});

/** The check of a validation's options. */
export const optionsCheck: Check = (value, path, issues) => {
  const before = issues.length;
  shape(value, path, issues);
  if (issues.length > before) return;
  const { stable, margin } = value as ValidationOptions<unknown, unknown, unknown>;
  if (margin !== undefined && stable === undefined) {
    issues.push({
      path: `${path}.stable`,
      message: 'must be given with margin: it is what the model is compared with.',
    });
  }
};

/** The check of a golden set: 1 to a million cases. */
export const casesCheck: Check = listOf(
  object({ input: anything, expected: anything, name: optional(text), context: optional(must('an object', isObject)) }),
  { min: 1, max: casesMax },
);
