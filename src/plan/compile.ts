import { type Context, unitOf } from '../core/context.js';
import { hashBits } from '../core/hash.js';
import { drawHash } from './place.js';
import type { Plan, Route } from './plan.js';
import { prepare } from './prepare.js';
import type { CompileOptions, Prepared, PreparedMatch, PreparedSplit } from './prepared.js';
import { reachableModels } from './reachable.js';
import { type RareRoutes, walk } from './walk.js';

export type { CompileOptions } from './prepared.js';

/** A plan ready for requests. */
export interface CompiledPlan<M extends string> {
  readonly plan: Plan<M>;
  /** One for each way to a model, in the plan's order. Pins, missing units and choices make others as they come. */
  readonly routes: readonly Route<M>[];
  /** Every model that it can call, those of arms without a share, fallbacks and shadows included. */
  readonly models: readonly M[];
  /**
   * The way of one request. Never throws. Allocates nothing, but for contexts with pins and for contextual policies.
   */
  route(context: Context): Route<M>;
}

type Step<M extends string> = (context: Context) => Route<M>;

/**
 * Turns a plan into closures, once per change of state, so that requests only walk them. Throws a ConfigError for more
 * than 4096 routes, and for nothing else.
 */
export function compilePlan<M extends string>(plan: Plan<M>, options: CompileOptions): CompiledPlan<M> {
  const around = prepare(plan, options);
  const rare: RareRoutes<M> = new Map();
  const rarely =
    (node: Prepared<M>): Step<M> =>
    (context) =>
      walk(node, context, around, rare);

  const compile = (node: Prepared<M>): Step<M> => {
    switch (node.op) {
      case 'serve':
        return () => node.route;
      case 'mirror':
        return compile(node.primary);
      case 'match':
        return compileMatch(node);
      case 'split':
        return compileSplit(node);
      case 'choose':
        return rarely(node);
    }
  };

  const compileMatch = ({ rules, otherwise }: PreparedMatch<M>): Step<M> => {
    const tests = rules.map(({ test }) => test);
    // The branch behind the last test is the one for requests that no rule matches.
    const branches = [...rules.map(({ next }) => next), otherwise].map(compile);
    return (context) => {
      let index = 0;
      while (index < tests.length && !(tests[index] as (typeof tests)[number])(context)) index += 1;
      return (branches[index] as Step<M>)(context);
    };
  };

  const compileSplit = (node: PreparedSplit<M>): Step<M> => {
    const { unit: attribute, seed, locate, only } = node;
    const branches = node.arms.map(({ next }) => compile(next));
    const draws = node.plan.missing === 'draw';
    const missing = rarely(node);
    if (only >= 0) {
      const branch = branches[only] as Step<M>;
      // A missing unit still matters where it counts no exposure.
      return draws ? branch : (context) => (unitOf(context, attribute) === undefined ? missing : branch)(context);
    }
    return (context) => {
      const unit = unitOf(context, attribute);
      if (unit !== undefined) return (branches[locate(hashBits(unit, seed))] as Step<M>)(context);
      return draws ? (branches[locate(drawHash(around.rng))] as Step<M>)(context) : missing(context);
    };
  };

  const ordinary = compile(around.root);
  const pinned = rarely(around.root);
  return Object.freeze({
    plan,
    routes: around.routes,
    models: Object.freeze([...reachableModels(plan)]),
    route: (context: Context) => (context.pins === undefined ? ordinary : pinned)(context),
  });
}
