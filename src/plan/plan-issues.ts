import { compileCondition, type Predicate } from '../core/conditions.js';
import { type ConfigError, type Issue, isTurnoutError } from '../core/errors.js';
import { own } from '../core/json.js';
import type { Plan } from './plan.js';
import { prerequisiteCycle } from './prerequisites.js';
import { nodesOf } from './reachable.js';

/**
 * What a programmer has to correct in the rules of a plan: conditions that cannot be compiled, names of functions that
 * were not given, prerequisites that go round in a circle. For an error at construction: `compilePlan` lets such rules
 * hold for nobody, since a plan that comes later, a rollback for one, must take effect whatever its rules are.
 */
export function planIssues<M extends string>(
  plan: Plan<M>,
  conditions: Readonly<Record<string, Predicate>> = {},
): readonly Issue[] {
  const issues: Issue[] = [];
  for (const node of nodesOf(plan)) {
    if (node.op !== 'match') continue;
    for (const { name, when } of node.rules) {
      try {
        compileCondition(when, { use: (condition) => own(conditions, condition), arm: () => () => false });
      } catch (error) {
        if (!isTurnoutError(error, 'config')) throw error;
        const found = (error as ConfigError).issues;
        issues.push(...found.map(({ path, message }) => ({ path: `${node.node}: ${name}: ${path}`, message })));
      }
    }
  }
  const cycle = prerequisiteCycle(plan);
  if (cycle !== undefined) {
    const message = `must not wait for itself (${cycle.join(' → ')}). Take one of these prerequisites out.`;
    issues.push({ path: cycle[0] as string, message });
  }
  return issues;
}
