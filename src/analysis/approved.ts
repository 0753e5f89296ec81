import type { Issue } from '../core/errors.js';
import { isObject } from '../core/json.js';
import { all, either, listOf, object, optional, positive, positiveCount, text, verify } from '../core/options.js';
import { gateOf, nameOf } from './rule.js';
import type { Gate } from './verdict.js';

/** Options of `approved`. */
export interface ApprovedOptions {
  /** Whose approval counts: a name, or several. Default: anybody's who may give one. */
  readonly by?: string | readonly string[];
  /** For how long an approval counts after it was given, in milliseconds. Default: until the stage ends. */
  readonly expiresAfterMs?: number;
  /** How many people must agree. Default 1. */
  readonly count?: number;
}

const enoughPeople = (value: unknown, path: string, issues: Issue[]) => {
  const { by, count } = isObject(value) ? value : {};
  const names = Array.isArray(by) ? new Set(by).size : by === undefined ? Infinity : 1;
  if (typeof count === 'number' && count > names) {
    issues.push({ path: `${path}.count`, message: `must be at most ${names}, the people in by (was ${count}).` });
  }
};

const optionsCheck = all(
  object({
    by: optional(either('a name or a list of 1 to 100 names', text, listOf(text, { min: 1, max: 100 }))),
    expiresAfterMs: optional(positive),
    count: optional(positiveCount),
  }),
  enoughPeople,
);

/**
 * Passes once enough people have approved since the stage began, each counted once, by the name in their `approve` command.
 *
 * An approval is of what was known when it was given: `expiresAfterMs` lets it lapse. Who may give one at all is the router's
 * `authorize`, not this. Throws ConfigError.
 */
export function approved(options: ApprovedOptions = {}): Gate<never> {
  verify('approved', 'options', options, optionsCheck);
  const { by, expiresAfterMs = Infinity, count = 1 } = options;
  const allowed: readonly string[] | undefined = typeof by === 'string' ? [by] : by;
  const name = nameOf('approved', ...(allowed ?? []), count > 1 ? `count ${count}` : undefined);
  return gateOf(name, [], ({ approvals = [], now }) => {
    const wanted = approvals.filter((approval) => allowed === undefined || allowed.includes(approval.by));
    const valid = new Set(wanted.filter(({ at }) => now - at < expiresAfterMs).map((approval) => approval.by));
    const lapsed = new Set(wanted.map((approval) => approval.by).filter((person) => !valid.has(person)));
    const people = [...valid].join(', ');
    if (valid.size >= count) return { rule: name, outcome: 'pass', reason: `approved by ${people}`, n: 0 };
    const missing = count - valid.size;
    const from = allowed === undefined ? '' : ` from ${allowed.filter((person) => !valid.has(person)).join(', ')}`;
    const facts = [
      `${missing} more approval${missing === 1 ? '' : 's'}${from}`,
      ...(valid.size > 0 ? [`approved by ${people}`] : []),
      ...(lapsed.size > 0 ? [`lapsed: ${[...lapsed].join(', ')}`] : []),
    ];
    // Not insufficient data: nobody has approved, which is what a deadline is about.
    return { rule: name, outcome: 'inconclusive', reason: facts.join('; '), n: 0 };
  });
}
