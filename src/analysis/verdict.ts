import type { Metrics } from '../evidence/metric.js';
import type { Stratum } from '../evidence/stratum.js';

/** Only `pass` promotes, only `fail` rolls back; the other four wait. */
export type Outcome = 'pass' | 'fail' | 'inconclusive' | 'insufficient-data' | 'error' | 'cancelled';

/** What a guardrail or a gate makes of the evidence, with what a person needs to believe it. A `type`, since it is stored. */
export type Verdict = {
  readonly rule: string;
  readonly outcome: Outcome;
  /** One sentence with the figures: `error rate 3.1 % of 412 is over 2 % (e-value 208)`. */
  readonly reason: string;
  /** The observations that counted, of the arm under judgement. */
  readonly n: number;
  readonly estimate?: number;
  readonly interval?: readonly [number, number];
  /** The method's name, as statistics knows it. */
  readonly test?: string;
  /** The evidence against the null as an e-value: 1/alpha decides. */
  readonly eValue?: number;
  readonly alpha?: number;
};

/** The evidence that one arm is judged by: the strata of the attempt, the arm, and the arm it is compared with, if any. */
export interface Judged {
  readonly now: number;
  readonly strata: readonly Stratum[];
  readonly metrics: Metrics;
  readonly arm: string;
  readonly control?: string;
}

/** A condition that must not be broken. `Q` are the metrics it reads; it only ever comes out. Pure. */
export interface Guardrail<out Q extends string = string> {
  readonly name: string;
  readonly metrics: readonly Q[];
  judge(judged: Judged): Verdict;
}

/** A condition that must hold before a promotion. */
export interface Gate<out Q extends string = string> extends Guardrail<Q> {
  readonly gate: true;
}

/** The metrics that guardrails and gates name. */
export type MetricsOfRule<G> = G extends Guardrail<infer Q> ? Q : never;

/** Judges by `rule`; one that throws gives the verdict `error`, which neither promotes nor rolls back. */
export function judge(rule: Guardrail<string>, judged: Judged): Verdict {
  try {
    return rule.judge(judged);
  } catch (error) {
    return { rule: rule.name, outcome: 'error', reason: error instanceof Error ? error.message : String(error), n: 0 };
  }
}
