import { ConfigError } from '../core/errors.js';
import type { Plan, PlanArm, PlanInstance, Split } from './plan.js';

/** The most routes that one plan may have; more would be a table that no one can reason about. */
export const maxRoutes = 4096;

/** The instances that a split places units on: in a process that is one of them, that one alone. */
export function instancesOf<M extends string>({ instances = [], here, arms }: Split<M>): readonly PlanInstance[] {
  const known = instances.filter(({ arm }) => arm in arms);
  return here === undefined ? known : known.filter(({ instance }) => instance === here);
}

/** The arms that requests can reach here. */
function armsOf<M extends string>(split: Split<M>): Split<M>['arms'] {
  const local = split.here === undefined ? [] : instancesOf(split);
  return local.length === 0 ? split.arms : split.arms.filter((_, index) => local.some(({ arm }) => arm === index));
}

/** The plans that a node leads to, in the order in which they are written. */
export function branchesOf<M extends string>(plan: Plan<M>): readonly Plan<M>[] {
  switch (plan.op) {
    case 'serve':
      return [];
    case 'split':
      return armsOf(plan).map((arm) => arm.plan);
    case 'choose':
      return plan.arms.map((arm) => arm.plan);
    case 'match':
      return [...plan.rules.map((rule) => rule.plan), plan.otherwise];
    case 'mirror':
      return [plan.primary];
  }
}

/** Every node of a plan from the root down, each object once even where several arms share it. */
export function nodesOf<M extends string>(plan: Plan<M>): readonly Plan<M>[] {
  const seen = new Set<Plan<M>>();
  const visit = (node: Plan<M>): void => {
    if (seen.has(node)) return;
    seen.add(node);
    branchesOf(node).forEach(visit);
  };
  visit(plan);
  return [...seen];
}

/** Every model a plan can call: those of arms without a share too (a pin reaches them), fallbacks and shadows. */
export function reachableModels<M extends string>(plan: Plan<M>): readonly M[] {
  const models = new Set<M>();
  for (const node of nodesOf(plan)) {
    if (node.op === 'serve') models.add(node.model);
    if (node.op !== 'mirror') {
      if (node.fallback !== undefined) models.add(node.fallback);
      continue;
    }
    for (const { model } of node.shadows) if (typeof model === 'string') models.add(model);
  }
  return [...models];
}

/** As `branchesOf`, with a branch for each instance: the same plan is another route on another of them. */
function routesFrom<M extends string>(node: Plan<M>): readonly Plan<M>[] {
  const instances = node.op === 'split' ? instancesOf(node) : [];
  if (node.op !== 'split' || instances.length === 0) return branchesOf(node);
  return instances.map(({ arm }) => (node.arms[arm] as PlanArm<M>).plan);
}

/** Throws a ConfigError if a plan has more than 4096 routes: it names the innermost node that leads to too many. */
export function checkRoutes<M extends string>(plan: Plan<M>): void {
  // Counts are kept by node, so that plans which share their subtrees are counted without being unfolded.
  const counts = new Map<Plan<M>, number>();
  const count = (node: Plan<M>): number => {
    const known = counts.get(node);
    if (known !== undefined) return known;
    const branches = routesFrom(node);
    const routes = branches.length === 0 ? 1 : branches.reduce((sum, branch) => sum + count(branch), 0);
    counts.set(node, routes);
    return routes;
  };
  if (count(plan) <= maxRoutes) return;
  let culprit = plan;
  for (;;) {
    const worse = branchesOf(culprit).find((branch) => count(branch) > maxRoutes);
    if (worse === undefined) break;
    culprit = worse;
  }
  const branches = routesFrom(culprit);
  const most = Math.max(...branches.map(count));
  const name = culprit.op === 'serve' ? 'plan' : culprit.node;
  const message =
    `must lead to at most ${maxRoutes} routes (was ${count(culprit)}: ${branches.length} branches ` +
    `with up to ${most} routes each). Use fewer arms or rules, or nest fewer of them here.`;
  throw new ConfigError('plan', [{ path: name, message }]);
}
