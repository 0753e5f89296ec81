import { QuantileSketch } from '../../stats/sketch.js';
import { percent } from '../../analysis/words.js';
import type { CaseRun } from './run-case.js';
import { type ScoreDifference, scoreDifference } from './score-difference.js';

/** A case that the model got wrong, with what it answered, or why it did not. */
export interface ValidationFailure {
  readonly name: string;
  readonly input: unknown;
  readonly expected?: unknown;
  readonly output?: unknown;
  readonly score: number;
  readonly error?: string;
}

/** Quantiles of what the calls took, in milliseconds, within 1 %; 0 without calls. */
export interface LatencyQuantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What a validation came to. */
export interface ValidationReport {
  /** Every case was run, the score is high enough, and if a margin was given the model was shown to lose less than that. */
  readonly ok: boolean;
  /** It was aborted before its end; then it is not ok. */
  readonly cancelled: boolean;
  /** In one sentence. */
  readonly summary: string;
  /** The mean over the cases that were run; a case without an answer scores 0. */
  readonly score: number;
  /** How many cases were run. */
  readonly n: number;
  /** How many of them failed, of which `failures` keeps the first. */
  readonly failed: number;
  readonly failures: readonly ValidationFailure[];
  readonly latencyMs: LatencyQuantiles;
  /** With a stable model: what it scored, what it took, and by how much the scores differ, case by case. */
  readonly stable?: { readonly score: number; readonly latencyMs: LatencyQuantiles };
  readonly difference?: ScoreDifference;
}

/** Adds up runs of one model. */
export class RunSums {
  readonly scores: number[] = [];
  readonly #latency = new QuantileSketch();
  #max = 0;

  add({ score, latencyMs }: CaseRun): void {
    this.scores.push(score);
    this.#latency.add(latencyMs);
    this.#max = Math.max(this.#max, latencyMs);
  }

  get score(): number {
    const { length } = this.scores;
    return length === 0 ? 0 : this.scores.reduce((sum, score) => sum + score, 0) / length;
  }

  latencies(): LatencyQuantiles {
    const at = (quantile: number) => Math.min(this.#max, this.#latency.quantile(quantile) ?? 0);
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: this.#max };
  }
}

/** The report of what was run. */
export function reportOf(run: {
  readonly model: RunSums;
  readonly stable: RunSums | undefined;
  readonly failed: number;
  readonly failures: readonly ValidationFailure[];
  readonly total: number;
  readonly cancelled: boolean;
  readonly minScore: number;
  readonly margin: number | undefined;
  readonly alpha: number;
}): ValidationReport {
  const { model, stable, failed, failures, total, cancelled, minScore, margin, alpha } = run;
  const n = model.scores.length;
  const { score } = model;
  const difference = stable && scoreDifference(model.scores, stable.scores, alpha);
  const isGood = score >= minScore;
  const isNear = margin === undefined || (difference !== undefined && difference.interval[0] > -margin);
  const facts = [
    `score ${percent(score)} on ${n} of ${total} cases, of which ${failed} failed`,
    ...(isGood ? [] : [`under the least of ${percent(minScore)}`]),
    ...(isNear ? [] : [`not shown to lose less than ${percent(margin ?? 0)} against the stable model`]),
    ...(cancelled ? ['cancelled'] : []),
  ];
  return {
    ok: !cancelled && n === total && isGood && isNear,
    cancelled,
    summary: facts.join('; '),
    score,
    n,
    failed,
    failures,
    latencyMs: model.latencies(),
    ...(stable !== undefined && { stable: { score: stable.score, latencyMs: stable.latencies() } }),
    ...(difference !== undefined && { difference }),
  };
}
