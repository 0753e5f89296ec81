import { need, needOpenProbability, needPositive } from './domain.js';

/** One guardrail's current evidence of harm, as the log of an e-value; not the greatest it ever had. */
export interface StopEvidence {
  readonly name: string;
  readonly logE: number;
  /** How much of alpha it gets, relative to the others. Default 1. */
  readonly weight?: number;
}

export interface StopLedger {
  readonly stop: boolean;
  /** The log of the weighted mean of the e-values. */
  readonly logE: number;
  /** What it must reach: ln(1 / alpha). */
  readonly threshold: number;
  /** The guardrail that contributes most, to be named as the reason. */
  readonly leading?: string;
}

/**
 * Whether to roll back: when the weighted mean of all guardrails' e-values reaches 1 / alpha.
 *
 * A mean of e-values is an e-value however they depend on each other (Vovk and Wang 2021), so all guardrails together
 * stop a harmless treatment with probability at most alpha, and no later than each at its share of alpha (Bonferroni)
 * would. Without guardrails nothing stops. Throws `domain` for a NaN, a weight that is not over 0, an alpha outside (0,
 * 1).
 */
export function stopLedger(evidence: readonly StopEvidence[], options: { readonly alpha: number }): StopLedger {
  needOpenProbability('stopLedger', 'alpha', options.alpha);
  const threshold = -Math.log(options.alpha);
  let total = 0;
  let [greatest, leading] = [-Infinity, evidence[0]?.name];
  for (const { name, logE, weight = 1 } of evidence) {
    need(logE >= -Infinity, 'stopLedger', `${name}.logE`, 'a number', logE);
    needPositive('stopLedger', `${name}.weight`, weight);
    total += weight;
    const part = logE + Math.log(weight);
    if (part > greatest) [greatest, leading] = [part, name];
  }
  if (leading === undefined) return { stop: false, logE: 0, threshold };
  const sum = evidence.reduce((all, { logE, weight = 1 }) => all + Math.exp(logE + Math.log(weight) - greatest), 0);
  // One infinite e-value, an impossible event, makes the mean infinite; only zeros leave nothing to take a logarithm
  // of.
  const logE = Number.isFinite(greatest) ? greatest + Math.log(sum / total) : greatest;
  return { stop: logE >= threshold, logE, threshold, leading };
}

/** The part of alpha that is kept for replicas which roll back while cut off from the others. */
export const reservedShare = 0.1;

/**
 * How alpha for stopping is divided: several arms that are judged at once get equal parts, and a reserved slice of each
 * is split among replicas, which spend it when they roll back while cut off from the others.
 *
 * `reserved` is a fraction in [0, 1), default 0.1; `arms` and `replicas` are at least 1, default 1.
 */
export function stopAlpha(options: {
  readonly alpha: number;
  readonly arms?: number;
  readonly replicas?: number;
  readonly reserved?: number;
}): { readonly together: number; readonly cutOff: number } {
  const { alpha, arms = 1, replicas = 1, reserved = reservedShare } = options;
  needOpenProbability('stopAlpha', 'alpha', alpha);
  need(Number.isSafeInteger(arms) && arms >= 1, 'stopAlpha', 'arms', 'a whole number from 1', arms);
  need(Number.isSafeInteger(replicas) && replicas >= 1, 'stopAlpha', 'replicas', 'a whole number from 1', replicas);
  need(reserved >= 0 && reserved < 1, 'stopAlpha', 'reserved', 'a fraction in [0, 1)', reserved);
  return { together: (alpha * (1 - reserved)) / arms, cutOff: (alpha * reserved) / arms / replicas };
}

/** One gate's p-value against the null that promoting would be wrong. */
export interface GateEvidence {
  readonly name: string;
  readonly pValue: number;
}

/**
 * Whether to promote: when every gate is passed, each at the full alpha.
 *
 * Promoting is wrong if any gate's null is true, and then that gate alone keeps the error at alpha, so nothing is
 * divided among gates (intersection-union test, Berger 1982). `pValue` is the greatest. Without gates there is nothing
 * to pass, which passes. Throws `domain` unless p-values are in [0, 1] and alpha in (0, 1).
 */
export function goLedger(
  gates: readonly GateEvidence[],
  options: { readonly alpha: number },
): { readonly go: boolean; readonly pValue: number; readonly failing: readonly string[] } {
  needOpenProbability('goLedger', 'alpha', options.alpha);
  for (const { name, pValue } of gates) {
    need(pValue >= 0 && pValue <= 1, 'goLedger', `${name}.pValue`, 'a number in [0, 1]', pValue);
  }
  const failing = gates.filter(({ pValue }) => !(pValue <= options.alpha)).map(({ name }) => name);
  return { go: failing.length === 0, pValue: Math.max(0, ...gates.map(({ pValue }) => pValue)), failing };
}
