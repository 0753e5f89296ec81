import type { Json } from '../core/json.js';
import type { Verdict } from '../analysis/verdict.js';
import type { Unit } from './words.js';

/** The part of its alpha that a rule has spent: what decides is 1. Absent where the rule has no e-value. */
export function spentOf({ outcome, alpha, eValue }: Pick<Verdict, 'outcome' | 'alpha' | 'eValue'>): number | undefined {
  if (alpha === undefined || eValue === undefined) return undefined;
  return outcome === 'insufficient-data' ? 0 : alpha * eValue;
}

/** What a comparison's rule says in its name: `noWorseThan(clicked, margin 0.01)`. */
export interface RuleName {
  readonly metric: string;
  readonly margin?: number;
  readonly relativeMargin?: number;
}

/** Reads the metric and the margin from a rule's name, which is the only place where a verdict has them. */
export function ruleNameOf(rule: string): RuleName | undefined {
  const [, metric, kind, size] = /^\w+\((.+?)(?:, (margin|relativeMargin) ([\d.e+-]+))?\)$/.exec(rule) ?? [];
  if (metric === undefined) return undefined;
  return kind === undefined ? { metric } : { metric, [kind]: Number(size) };
}

/** The difference at which a guardrail's patience ends: on the side of what is worse. */
export function marginOf(
  rules: readonly Pick<Verdict, 'rule'>[],
  metric: string,
  better: 'higher' | 'lower',
  controlMean: number | null,
): number | undefined {
  for (const { rule } of rules) {
    const name = ruleNameOf(rule);
    if (name?.metric !== metric) continue;
    const size = name.margin ?? (controlMean === null ? undefined : Math.abs(controlMean) * (name.relativeMargin ?? 0));
    if (size !== undefined && size > 0) return better === 'higher' ? -size : size;
  }
  return undefined;
}

const isVerdict = (json: unknown): json is Verdict =>
  typeof json === 'object' && json !== null && 'rule' in json && 'outcome' in json && 'reason' in json;

/** The verdicts that a transition was made by, as its facts tell them. */
export function verdictsIn(facts: { readonly [fact: string]: Json }): readonly Verdict[] {
  const { verdicts } = facts;
  return Array.isArray(verdicts) ? (verdicts as readonly unknown[]).filter(isVerdict) : [];
}

/** The shares that a transition set, where it tells them: a bandit's new weights. */
export function sharesIn(facts: { readonly [fact: string]: Json }): Readonly<Record<string, number>> | undefined {
  const { shares } = facts;
  if (typeof shares !== 'object' || shares === null || Array.isArray(shares)) return undefined;
  const entries = Object.entries(shares).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** Of a difference: rates differ by points, amounts by their own unit. */
export function differenceUnit(metric: string, isRate: boolean, units: Readonly<Record<string, string>>): Unit {
  if (isRate || alwaysRates.has(metric)) return 'points';
  return units[metric] ?? '';
}

// A comparison of latencies counts slow calls.
const alwaysRates = new Set(['error', 'latency', 'mismatch']);
