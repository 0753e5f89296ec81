import type { Json } from '../core/json.js';
import type { Metrics } from '../evidence/metric.js';
import type { Stratum } from '../evidence/stratum.js';

/** Only `pass` promotes, only `fail` rolls back; the other four wait. */
export type Outcome = 'pass' | 'fail' | 'inconclusive' | 'insufficient-data' | 'error' | 'cancelled';

/** What a broken guardrail leads to, the mildest first. A strategy without stages has nothing to shrink to: it rolls back. */
export const severities = ['hold', 'shrink', 'rollback', 'quarantine'] as const;
export type Severity = (typeof severities)[number];

/** What is still needed for a decision. A `type`, since it is stored. */
export type Forecast = {
  /** So many more observations of the arm, if the true effect is the one planned for. */
  readonly outcomes: number;
  /** At the present rate; absent where there is none yet. */
  readonly ms?: number;
  /** `if the true effect is the one planned for: about 3,100 more outcomes, 2 h 10 min`. */
  readonly words: string;
};

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
  readonly forecast?: Forecast;
};

/** Who approved, and when (ms since 1970). */
export type Approval = { readonly by: string; readonly at: number };

/** How a check that a gate asked for ended. */
export type CheckResult = { readonly ok: boolean; readonly at: number; readonly detail: Json };

/** The evidence that one arm is judged by: the strata of the attempt, the arm, and the arm it is compared with, if any. */
export interface Judged {
  readonly now: number;
  readonly strata: readonly Stratum[];
  readonly metrics: Metrics;
  readonly arm: string;
  readonly control?: string;
  /** The alpha of a rule that names none: its part of what the strategy may spend. */
  readonly alpha?: number;
  /** When what is to end began: a stage, or an attempt; ms since 1970. */
  readonly since?: number;
  /** The approvals that were given since then. */
  readonly approvals?: readonly Approval[];
  /** The ends of the checks that gates asked for, by the check's name. */
  readonly checks?: Readonly<Record<string, CheckResult>>;
  /** `false` leaves forecasts out, which cost as much as some more looks: for simulations of many. */
  readonly forecast?: false;
}

/** A condition that must not be broken. `Q` are the metrics it reads; it only ever comes out. Pure. */
export interface Guardrail<out Q extends string = string> {
  readonly name: string;
  readonly metrics: readonly Q[];
  /** What it leads to when it is broken. Default `'rollback'`. */
  readonly severity?: Severity;
  /** The alpha that it was given; without one it gets a part of its strategy's. */
  readonly alpha?: number;
  judge(judged: Judged): Verdict;
}

/** An effect that a gate needs before it can judge: it runs once per attempt, in one replica, and ends in `Judged.checks`. */
export interface GateCheck {
  readonly name: string;
  readonly timeoutMs: number;
  /** Resolves to what is stored as `detail`; rejects where the check failed. */
  run(signal: AbortSignal): Promise<Json | void>;
}

/** A condition that must hold before a promotion. */
export interface Gate<out Q extends string = string> extends Guardrail<Q> {
  readonly gate: true;
  readonly check?: GateCheck;
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
