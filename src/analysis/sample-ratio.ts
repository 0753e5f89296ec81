import { own } from '../core/json.js';
import { verify } from '../core/options.js';
import type { Stratum } from '../evidence/stratum.js';
import { type AssignmentBatch, sampleRatioProcess } from '../stats/sequential/sample-ratio.js';
import {
  alphaOf,
  eValueOf,
  guardrailAlpha,
  guardrailOf,
  guardrailRuleCheck,
  isDecided,
  noVerdict,
  type GuardrailOptions,
} from './rule.js';
import type { Guardrail } from './verdict.js';
import { evidenceOf } from './words.js';

/** First exposures by epoch, in their order. Shares are constant in an epoch, so its buckets are one batch, folded or not. */
export function assignmentBatches(strata: readonly Stratum[]): readonly AssignmentBatch[] {
  const epochs = new Map<number, { shares: Stratum['shares']; counts: Record<string, number> }>();
  for (const { epoch, shares, cells } of [...strata].sort((a, b) => a.epoch - b.epoch)) {
    const batch = epochs.get(epoch) ?? { shares, counts: Object.create(null) as Record<string, number> };
    epochs.set(epoch, batch);
    for (const [arm, { units }] of Object.entries(cells)) batch.counts[arm] = (batch.counts[arm] ?? 0) + units;
  }
  return [...epochs.values()];
}

/** `480 to candidate where 530 were due, 5020 to baseline where 4970 were due`. */
export function unitsDue(batches: readonly AssignmentBatch[]): string {
  const due = new Map<string, { seen: number; expected: number }>();
  for (const { shares, counts } of batches) {
    const n = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const all = Object.values(shares).reduce((sum, share) => sum + share, 0);
    for (const [arm, share] of Object.entries(shares)) {
      const { seen, expected } = due.get(arm) ?? { seen: 0, expected: 0 };
      due.set(arm, { seen: seen + (counts[arm] ?? 0), expected: expected + (n * share) / Math.max(all, 1e-12) });
    }
  }
  const arms = [...due].map(([arm, { seen, expected }]) => `${seen} to ${arm} where ${Math.round(expected)} were due`);
  return arms.join(', ');
}

/**
 * Fails once units are shown not to arrive in the shares of the plan. Then something loses them by arm (a crash, a redirect, a bot
 * filter), and every comparison is of two different groups of people.
 *
 * It counts units, at their first exposure: one that comes back is no new draw. `alpha` (default 0.01) is the chance that it ever
 * fails although all is well, whenever one looks and however shares ramp: the tilted Dirichlet e-process (see
 * `sampleRatioProcess` of turnout/stats). Units of an arm that had no share fail at once. `minOutcomes` (default 1) is in units of
 * all arms together. Needs requests with a unit. Throws ConfigError.
 */
export function sampleRatio(options: GuardrailOptions = {}): Guardrail<never> {
  verify('sampleRatio', 'options', options, guardrailRuleCheck());
  const { minOutcomes = 1 } = options;
  const name = 'sampleRatio';
  return guardrailOf(
    name,
    [],
    (judged) => {
      const alpha = alphaOf(options, judged, guardrailAlpha);
      const batches = assignmentBatches(judged.strata);
      const n = batches.reduce((sum, { counts }) => sum + (own(counts, judged.arm) ?? 0), 0);
      const all = batches.reduce((sum, { counts }) => sum + Object.values(counts).reduce((a, b) => a + b, 0), 0);
      if (!(all >= minOutcomes)) return noVerdict(name, 'insufficient-data', `${all} of ${minOutcomes} units`, n);
      const { logE, maxLogE, impossible } = sampleRatioProcess(batches);
      const test = 'tilted Dirichlet e-process';
      if (impossible.length > 0) {
        const reason = `units were counted for ${impossible.join(', ')}, which had no share`;
        return { rule: name, outcome: 'fail', reason, n, test, eValue: eValueOf(Infinity), alpha };
      }
      // What it was at the end of an epoch counts for ever; the rest of the ledger is of now.
      const isBroken = isDecided(maxLogE, alpha);
      const eValue = eValueOf(isBroken ? maxLogE : logE);
      const found = isBroken ? 'do not arrive in their shares' : 'are not shown to miss their shares';
      return {
        rule: name,
        outcome: isBroken ? 'fail' : 'inconclusive',
        reason: `units ${found}: ${unitsDue(batches)} (${evidenceOf(eValue, alpha)})`,
        n,
        test,
        eValue,
        alpha,
      };
    },
    options,
  );
}
