import { fraction, verify } from '../core/options.js';
import { cellsOf, judgeLimit, total } from './limit.js';
import { guardrailOf, nameOf, guardrailRuleCheck, type GuardrailOptions } from './rule.js';
import type { Guardrail } from './verdict.js';
import { percent } from './words.js';

/**
 * Fails once a shadow is shown to differ from its primary on more than `limit`, a fraction of the compared pairs.
 *
 * `alpha` (default 0.01) is the chance that a shadow at or below the limit ever fails; `minOutcomes` (default 1) is in compared
 * pairs. A model that is not deterministic differs from itself: measure that first, by a shadow of the same model, and set the
 * limit above it. Throws ConfigError.
 */
export function maxMismatchRate(limit: number, options: GuardrailOptions = {}): Guardrail<never> {
  verify('maxMismatchRate', 'limit', limit, fraction);
  verify('maxMismatchRate', 'options', options, guardrailRuleCheck());
  const name = nameOf('maxMismatchRate', limit);
  return guardrailOf(
    name,
    [],
    (judged) => {
      const cells = cellsOf(judged);
      const n = total(cells, ({ compared }) => compared);
      const events = Math.min(
        n,
        total(cells, ({ mismatches }) => mismatches),
      );
      const estimate = n > 0 ? events / n : 0;
      const found = `mismatch rate ${percent(estimate)}`;
      return judgeLimit(
        name,
        judged,
        { events, n, limit, of: 'pairs', estimate, found, against: `the limit of ${percent(limit)}` },
        options,
      );
    },
    options,
  );
}
