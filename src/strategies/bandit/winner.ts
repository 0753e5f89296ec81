import { compareArms } from '../../analysis/compare.js';
import type { Measure } from '../../analysis/measure.js';
import type { RewardEvidence } from '../../bandits/reward-evidence.js';
import { strataOf } from '../attempt.js';
import type { View } from '../strategy.js';
import { type BanditSetup, fades } from './options.js';
import type { BanditArm, BanditState } from './state.js';

/** The arm that leads, and how much speaks for it. */
export interface Leader {
  readonly arm: BanditArm;
  /** ln of the least e-value for "better than that one", over all other arms. */
  readonly logE: number;
  /** The arm that it is least clearly better than. */
  readonly rival: BanditArm;
}

/** More epochs than this, and the evidence of the first ones is forgotten: no test can be made of the rest. */
export const testableEpochs = 60;

/** The index of the arm with the best mean; -1 while there is none. */
export function leadingArm({ means }: RewardEvidence, { better }: Measure): number {
  let leader = -1;
  means.forEach((mean, arm) => {
    if (mean === undefined) return;
    const best = means[leader];
    if (best === undefined || (better === 'higher' ? mean > best : mean < best)) leader = arm;
  });
  return leader;
}

/**
 * How clearly the leading arm is better than every other one, by the e-process that is exact for the reward, within epochs. Its chance of being
 * the best is not asked: among equal arms that passes .99 in every ninth run, and under a weekly cycle in most of them.
 */
export function leaderOf(
  state: BanditState,
  evidence: RewardEvidence,
  view: View,
  measure: Measure,
): Leader | undefined {
  const arm = state.arms[leadingArm(evidence, measure)];
  if (arm === undefined) return undefined;
  const strata = strataOf(view, state);
  let least: Leader | undefined;
  for (const rival of state.arms) {
    if (rival.name === arm.name) continue;
    const from = Math.max(arm.firstEpoch, rival.firstEpoch);
    const judged = {
      now: view.now,
      strata: strata.filter(({ epoch }) => epoch >= from),
      metrics: view.metrics,
      arm: arm.name,
    };
    const { logE } = compareArms(judged, rival.name, measure, { direction: 'better' });
    if (least === undefined || !(logE >= least.logE)) least = { arm, logE, rival };
  }
  return least;
}

/** Whether the leader may be frozen: E >= K / alpha against every other arm, which all K arms together exceed with a chance of at most alpha. */
export function isWinner(setup: BanditSetup, { armsEver, epochs }: BanditState, { logE }: Leader): boolean {
  if (fades(setup) || setup.contextual !== undefined || !(epochs <= testableEpochs)) return false;
  return logE >= Math.log(armsEver / setup.alpha);
}
