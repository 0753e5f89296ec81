import { rampCuts } from '../../plan/cuts.js';
import type { Plan, PlanInstance, Split } from '../../plan/plan.js';
import type { Scope } from '../strategy.js';
import {
  type RollingState,
  type Version,
  memberOf,
  readyInstances,
  stableOf,
  takesRequests,
  targetOf,
} from './state.js';

/** What a plan is made from besides the state. */
export interface PlanParts<M extends string> {
  readonly unit: string | undefined;
  readonly salt: string | undefined;
  /** Replicas, of which this process may be one. */
  readonly isReplicas: boolean;
  planOf(version: Version): Plan<M>;
}

/** Each version's share of the instances that requests may come to; all to the stable one where there is none. */
export function sharesOf(own: RollingState): Readonly<Record<Version, number>> {
  const ready = readyInstances(own.members);
  if (ready.length === 0) return stableOf(own) === 'to' ? { to: 1, from: 0 } : { to: 0, from: 1 };
  const updated = ready.filter(([, { version }]) => version === 'to').length;
  return { to: updated / ready.length, from: (ready.length - updated) / ready.length };
}

/** Units on the ready instances, each with the version that it serves. */
export function rollingPlan<M extends string>(parts: PlanParts<M>, own: RollingState, scope: Scope): Plan<M> {
  const ready = readyInstances(own.members);
  const here = parts.isReplicas ? scope.instance : undefined;
  if (here !== undefined) {
    const member = memberOf(own.members, here);
    // Who sends requests here though it is not ready, or not known yet, gets an answer all the same; it is not counted.
    if (member === undefined || !takesRequests(member))
      return alone(parts, own, scope, member?.version ?? stableOf(own), here);
  }
  if (ready.length === 0) return alone(parts, own, scope, stableOf(own));
  const shares = sharesOf(own);
  // One side alone: no pin reaches the other, and its model can be unloaded. While instances are yet to be updated, it is kept.
  const only = shares.from === 0 ? 'to' : shares.to === 0 ? 'from' : undefined;
  const isSettled =
    own.phase === 'promoted' || own.phase === 'rolled-back' || (only === 'from' && targetOf(own) === 'from');
  if (only !== undefined && isSettled) {
    const instances = ready.map(([instance]) => ({ instance, arm: 0 }));
    return split(parts, own, scope, [{ arm: only, share: 1, plan: parts.planOf(only) }], instances, here, false);
  }
  const arms = (['to', 'from'] as const).map((arm) => ({ arm, share: shares[arm], plan: parts.planOf(arm) }));
  const instances = ready.map(([instance, { version }]) => ({ instance, arm: version === 'to' ? 0 : 1 }));
  return split(parts, own, scope, arms, instances, here, true);
}

/** One version and no instance to choose: this replica's own, or none at all. */
function alone<M extends string>(
  parts: PlanParts<M>,
  own: RollingState,
  scope: Scope,
  version: Version,
  here?: string,
): Plan<M> {
  const arms = [{ arm: version, share: 1, plan: parts.planOf(version) }];
  return split(parts, own, scope, arms, here === undefined ? [] : [{ instance: here, arm: 0 }], here, false);
}

function split<M extends string>(
  { unit, salt }: PlanParts<M>,
  { epoch }: RollingState,
  scope: Scope,
  arms: Split<M>['arms'],
  instances: readonly PlanInstance[],
  here: string | undefined,
  counts: boolean,
): Split<M> {
  return {
    op: 'split',
    node: scope.id,
    epoch,
    // The same in every attempt: an instance that returns shall get its users back.
    salt: salt ?? scope.salt,
    ...(unit !== undefined && { unit }),
    arms,
    cuts: arms.length === 1 ? rampCuts(1) : [],
    missing: 'draw',
    counts,
    ...(instances.length > 0 && { instances }),
    ...(here !== undefined && { here }),
  };
}
