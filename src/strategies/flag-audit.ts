import { isObject } from '../core/json.js';
import { count, text, verify } from '../core/options.js';
import type { FlagFacts } from './feature-flag.js';
import type { Strategy } from './strategy.js';

/**
 * What is wrong with a flag: it is past its date, it has had one answer for everybody for 30 days or longer without a date to end
 * at, or it does not say whose it is or what it is for.
 */
export type FlagProblem = 'expired' | 'always-on' | 'always-off' | 'no-owner' | 'no-description';

/** A flag that somebody should look at. */
export interface FlagFinding {
  /** The flag's path in the tree. */
  readonly node: string;
  readonly problems: readonly FlagProblem[];
  /** Ready to be removed: expired, or always on or off. */
  readonly stale: boolean;
  readonly documented: boolean;
  readonly owner?: string;
  readonly expiresAt?: string;
}

const graceMs = 30 * 86_400_000;

/**
 * The stale and the undocumented flags of a whole tree, in the order in which they stand in it. Looks at options only: a flag that a
 * person killed is not stale. `now` is in ms since 1970; `rootName` is the router's name. Throws a ConfigError on other input.
 */
export function auditFlags(strategy: Strategy, now: number, rootName = 'root'): readonly FlagFinding[] {
  verify('auditFlags', 'now', Math.floor(now), count);
  verify('auditFlags', 'rootName', rootName, text);
  const below = Object.entries(strategy.children ?? {}).flatMap(([arm, child]) =>
    auditFlags(child, now, `${rootName}/${arm}`),
  );
  if (!hasFacts(strategy)) return below;
  const { owner, expiresAt } = strategy.flag;
  const problems = problemsOf(strategy.flag, now);
  if (problems.length === 0) return below;
  const documented = !problems.some((problem) => problem === 'no-owner' || problem === 'no-description');
  const stale = problems.some((problem) => problem === 'expired' || problem.startsWith('always'));
  const finding = {
    node: rootName,
    problems,
    stale,
    documented,
    ...(owner !== undefined && { owner }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
  return [finding, ...below];
}

function problemsOf(facts: FlagFacts, now: number): readonly FlagProblem[] {
  const { owner, description, createdAt, expiresAt, share, rules, enabled } = facts;
  const problems: FlagProblem[] = [];
  if (expiresAt !== undefined && now >= Date.parse(expiresAt)) problems.push('expired');
  const isYoung = createdAt !== undefined && now - Date.parse(createdAt) < graceMs;
  // A kill switch is meant to be on for everybody: whoever wants one for long gives it a date.
  if (expiresAt === undefined && !isYoung) {
    if (!enabled || (rules === 0 && share === 0)) problems.push('always-off');
    else if (rules === 0 && share === 1) problems.push('always-on');
  }
  if (owner === undefined) problems.push('no-owner');
  if (description === undefined) problems.push('no-description');
  return problems;
}

/** Told by what it shows, so that a flag of another copy of the library, or a user's own, is found too. */
function hasFacts(strategy: Strategy): strategy is Strategy & { readonly flag: FlagFacts } {
  return 'flag' in strategy && isObject(strategy.flag) && typeof strategy.flag['share'] === 'number';
}
