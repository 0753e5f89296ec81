import { eValueOf } from '../../analysis/rule.js';
import type { RewardEvidence } from '../../bandits/reward-evidence.js';
import { thompson } from '../../bandits/thompson.js';
import { own as ownValue } from '../../core/json.js';
import { strataOf } from '../attempt.js';
import type { View } from '../strategy.js';
import { sharesIn } from './moves.js';
import type { BanditSetup } from './options.js';
import { evidenceIn, rewardOf } from './rewards.js';
import type { BanditPhase, BanditState } from './state.js';
import { isWinner, leaderOf } from './winner.js';

/** What is known of one arm. `null` stands for what cannot be known yet. */
export type BanditArmReport = {
  readonly arm: string;
  readonly isBaseline: boolean;
  /** Its share now, and what part of the requests of this epoch it really got: returning units are in it too. */
  readonly share: number;
  readonly realisedShare: number | null;
  readonly exposed: number;
  /** Rewards, faded ones in part; and as many that had not faded would say as much. */
  readonly rewards: number;
  readonly effectiveRewards: number;
  /** In the reward's unit, freed of the epochs' ups and downs. */
  readonly mean: number | null;
  /** The chance of being the best, given the evidence. It shares traffic well; it is no error rate. */
  readonly probBest: number;
};

/** All that a bandit knows, as JSON. */
export type BanditReport = {
  readonly node: string;
  readonly attempt: number;
  readonly phase: BanditPhase;
  readonly policy: string;
  readonly why: string;
  readonly epochs: number;
  readonly arms: readonly BanditArmReport[];
  /** The arm with the best mean, and the least e-value of its being better than another one. */
  readonly leader: string | null;
  readonly eValue: number | null;
  /** The e-value that makes a winner: arms / alpha. */
  readonly decides: number;
  readonly winner: string | null;
};

/** Puts together what is known at this look. */
export function banditReport(setup: BanditSetup, state: BanditState, view: View, node: string): BanditReport {
  const measure = rewardOf(setup, view);
  const evidence = measure && evidenceIn(setup, state, view, measure);
  const leader = evidence && leaderOf(state, evidence, view, measure);
  return {
    node,
    attempt: state.attempt,
    phase: state.phase,
    policy: setup.contextual?.policy.name ?? setup.policy.name,
    why: state.why,
    epochs: state.epochs,
    arms: armReports(setup, state, view, evidence),
    leader: leader?.arm.name ?? null,
    eValue: leader === undefined ? null : eValueOf(leader.logE),
    decides: state.armsEver / setup.alpha,
    winner: leader !== undefined && isWinner(setup, state, leader) ? leader.arm.name : null,
  };
}

function armReports(
  setup: BanditSetup,
  state: BanditState,
  view: View,
  evidence: RewardEvidence | undefined,
): readonly BanditArmReport[] {
  const shares = new Map(sharesIn(setup, state));
  const strata = strataOf(view, state);
  const current = strata.filter(({ epoch }) => epoch === state.epoch);
  const exposedIn = (of: typeof strata, name: string) =>
    of.reduce((sum, { cells }) => sum + (ownValue(cells, name)?.exposed ?? 0), 0);
  const all = state.arms.reduce((sum, { name }) => sum + exposedIn(current, name), 0);
  const chances = evidence && thompson().weights(evidence);
  return state.arms.map(({ name }, arm) => ({
    arm: name,
    isBaseline: name === setup.baseline,
    share: shares.get(name) ?? 0,
    realisedShare: all > 0 ? exposedIn(current, name) / all : null,
    exposed: exposedIn(strata, name),
    rewards: evidence?.arms[arm]?.n ?? 0,
    effectiveRewards: evidence?.effective[arm] ?? 0,
    mean: evidence?.means[arm] ?? null,
    probBest: chances?.[arm] ?? 1 / state.arms.length,
  }));
}
