import { compileCondition, type Predicate } from '../core/conditions.js';
import { defaultUnit } from '../core/context.js';
import { messageOf, TurnoutError } from '../core/errors.js';
import { hash32 } from '../core/hash.js';
import { own } from '../core/json.js';
import type { Rng } from '../core/rng.js';
import { locator, sharesOf } from './cuts.js';
import { hasArm } from './given.js';
import type { Match, Plan, PlanArm, PlanInstance, PlanRule, Reason, Route, Split } from './plan.js';
import type { Placement } from './place.js';
import type { CompileOptions, Deciding, Prepared, PreparedArm, PreparedSplit } from './prepared.js';
import { isCyclic, type Prerequisites, prerequisites } from './prerequisites.js';
import { checkRoutes, instancesOf, nodesOf } from './reachable.js';
import { rendezvous } from './rendezvous.js';
import { afterArm, afterRule, emptyTrail, enter, seal, type Trail } from './trail.js';
import { hashSpace } from './weights.js';

/** A plan with all that those who walk it share. */
export interface Preparation<M extends string> {
  readonly root: Prepared<M>;
  readonly routes: readonly Route<M>[];
  readonly rng: Rng;
  readonly reason: Reason;
  /** Never throws, whatever the callback that it tells does. */
  readonly report: (error: unknown) => void;
}

/** What is known half-way through a preparation. */
interface Bench<M extends string> extends Omit<Preparation<M>, 'root'> {
  readonly routes: Route<M>[];
  readonly conditions: Readonly<Record<string, Predicate>>;
  readonly asks: Prerequisites;
  readonly names: ReadonlySet<string>;
  /** The first node of each name from the root down: where a prerequisite looks. */
  readonly deciding: Map<string, Deciding<M>>;
  /** Prerequisites that were reported already. */
  readonly reported: Set<string>;
  nodes: number;
}

/** Works out seeds, look-ups, conditions and routes. Throws only for a plan with more than 4096 routes. */
export function prepare<M extends string>(plan: Plan<M>, options: CompileOptions): Preparation<M> {
  checkRoutes(plan);
  const { rng, conditions = {}, onError, reason = 'static' } = options;
  const bench: Bench<M> = {
    routes: [],
    rng,
    reason,
    report: (error) => {
      try {
        onError?.(error);
      } catch {
        // Whoever is told of errors must not be able to make another: this runs inside of requests.
      }
    },
    conditions,
    asks: prerequisites(plan),
    names: new Set(nodesOf(plan).flatMap((node) => (node.op === 'serve' || node.op === 'mirror' ? [] : [node.node]))),
    deciding: new Map(),
    reported: new Set(),
    nodes: 0,
  };
  const root = prepareNode(plan, emptyTrail, bench);
  return { root, routes: Object.freeze(bench.routes), rng, reason, report: bench.report };
}

function prepareNode<M extends string>(plan: Plan<M>, trail: Trail<M>, bench: Bench<M>): Prepared<M> {
  bench.nodes += 1;
  const id = bench.nodes;
  const inside = enter(trail, plan);
  switch (plan.op) {
    case 'serve': {
      const route = seal(inside, plan, bench.reason);
      bench.routes.push(route);
      return { op: 'serve', id, plan, trail, route };
    }
    case 'mirror':
      return { op: 'mirror', id, plan, trail, primary: prepareNode(plan.primary, inside, bench) };
    case 'match': {
      const rules = plan.rules.map((rule) => ({
        name: rule.name,
        arm: rule.arm,
        test: testOf(plan, rule, bench),
        next: prepareNode(rule.plan, afterRule(inside), bench),
      }));
      const otherwise = prepareNode(plan.otherwise, inside, bench);
      return named({ op: 'match', id, plan, trail, rules, otherwise }, bench);
    }
    case 'split':
      return prepareSplit(plan, id, trail, bench);
    case 'choose': {
      // Choices make a route for each request; these have the long-run shares in place of the propensities.
      const arms = plan.arms.map(({ arm, share, plan: next }, index): PreparedArm<M> => {
        const after = afterArm(inside, plan, { arm: index, by: 'hash', propensity: share }, { arm });
        return { arm, next: prepareNode(next, after, bench) };
      });
      const weights = new Float64Array(arms.length);
      return named({ op: 'choose', id, plan, trail, ...hashing(plan), arms, weights }, bench);
    }
  }
}

function prepareSplit<M extends string>(plan: Split<M>, id: number, trail: Trail<M>, bench: Bench<M>): Prepared<M> {
  const instances = instancesOf(plan);
  if (instances.length > 0) return prepareInstances(plan, instances, id, trail, bench);
  const inside = enter(trail, plan);
  const propensities = propensitiesOf(plan);
  const only = propensities.indexOf(1);
  const arms = plan.arms.map(({ arm, plan: next }, index): PreparedArm<M> => {
    const by = only >= 0 ? 'only' : 'hash';
    const after = afterArm(inside, plan, { arm: index, by, propensity: propensities[index] as number }, { arm });
    return { arm, next: prepareNode(next, after, bench) };
  });
  const locate = locator(plan.cuts, arms.length - 1);
  const split: PreparedSplit<M> = {
    op: 'split',
    id,
    plan,
    trail,
    ...hashing(plan),
    arms,
    propensities,
    only,
    locate,
  };
  return named(split, bench);
}

/** A split that places units on instances: one arm for each of them, under the name of the arm that it serves. */
function prepareInstances<M extends string>(
  plan: Split<M>,
  instances: readonly PlanInstance[],
  id: number,
  trail: Trail<M>,
  bench: Bench<M>,
): Prepared<M> {
  const inside = enter(trail, plan);
  const only = instances.length === 1 ? 0 : -1;
  const by = plan.here !== undefined ? 'here' : only === 0 ? 'only' : 'hash';
  const propensities = instances.map(({ arm }) => (plan.arms[arm] as PlanArm<M>).share);
  const arms = instances.map(({ instance, arm: index }, place): PreparedArm<M> => {
    const { arm, plan: next } = plan.arms[index] as PlanArm<M>;
    const placement: Placement = { arm: place, by, propensity: propensities[place] as number };
    const after = afterArm(inside, plan, placement, { arm, instance });
    return { arm, instance, next: prepareNode(next, after, bench) };
  });
  const names = instances.map(({ instance }) => instance);
  const { unit, seed } = hashing(plan);
  const within = new Map(
    plan.arms.map(({ arm }) => {
      const places = arms.flatMap((prepared, place) => (prepared.arm === arm ? [place] : []));
      return [arm, rendezvous(names, seed, places)];
    }),
  );
  const split: PreparedSplit<M> = {
    op: 'split',
    id,
    plan,
    trail,
    unit,
    seed,
    arms,
    propensities,
    only,
    locate: rendezvous(names, seed),
    locateIn: (hash, arm) => (within.get(arm) as (hash: number) => number)(hash),
  };
  return named(split, bench);
}

function hashing({ unit, salt }: { readonly unit?: string; readonly salt: string }): { unit: string; seed: number } {
  return { unit: unit ?? defaultUnit, seed: hash32(salt) };
}

/** What the cuts really give; the declared share where they give just that, but for rounding to whole hashes. */
function propensitiesOf<M extends string>({ arms, cuts }: Split<M>): readonly number[] {
  return sharesOf(cuts, arms.length).map((given, index) => {
    const { share } = arms[index] as PlanArm<M>;
    return given > 0 && given < 1 && Math.abs(given - share) <= 1 / hashSpace ? share : given;
  });
}

function named<M extends string>(node: Deciding<M>, bench: Bench<M>): Deciding<M> {
  const { node: name } = node.plan;
  const known = bench.deciding.get(name);
  if (known === undefined || node.id < known.id) bench.deciding.set(name, node);
  return node;
}

/** A rule's condition. One that cannot be compiled holds for nobody: a plan must not fail to take effect half-way. */
function testOf<M extends string>({ node }: Match<M>, { name, when }: PlanRule<M>, bench: Bench<M>): Predicate {
  const report = (error: unknown) => {
    const message = `node '${node}', rule '${name}': ${messageOf(error)}`;
    bench.report(new TurnoutError('domain', message, { cause: error }));
  };
  try {
    return compileCondition(when, {
      use: (condition) => own(bench.conditions, condition),
      arm: (asked, arm) => prerequisite(node, asked, arm, bench),
      onError: report,
    });
  } catch (error) {
    report(error);
    return never;
  }
}

const never: Predicate = () => false;

function prerequisite<M extends string>(node: string, asked: string, arm: string, bench: Bench<M>): Predicate {
  const missing = !bench.names.has(asked);
  if (!missing && !isCyclic(bench.asks, node, asked)) {
    return (context) => {
      // Looked up late: the node may stand below the one that asks.
      const target = bench.deciding.get(asked);
      return target !== undefined && hasArm(target, arm, context, bench.report);
    };
  }
  if (!bench.reported.has(asked)) {
    bench.reported.add(asked);
    const why = missing ? 'which is not in the plan' : 'which in turn asks for this one';
    bench.report(
      new TurnoutError('domain', `node '${node}' asks for the arm of '${asked}', ${why}: taken as not given`),
    );
  }
  return never;
}
