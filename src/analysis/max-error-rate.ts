import { fraction, verify } from '../core/options.js';
import { cellsOf, judgeLimit, total } from './limit.js';
import { guardrailOf, nameOf, guardrailRuleCheck, type GuardrailOptions } from './rule.js';
import type { Guardrail } from './verdict.js';
import { percent } from './words.js';

/**
 * Fails once an arm's error rate is shown to be over `limit`, a fraction of its settled calls; time-outs are errors.
 *
 * `alpha` (default 0.01) is the chance that an arm at or below the limit ever fails, whenever one looks; `minOutcomes` (default 1)
 * is in settled calls. A limit of 0 is broken by the first error. Throws ConfigError.
 */
export function maxErrorRate(limit: number, options: GuardrailOptions = {}): Guardrail<never> {
  verify('maxErrorRate', 'limit', limit, fraction);
  verify('maxErrorRate', 'options', options, guardrailRuleCheck());
  const name = nameOf('maxErrorRate', limit);
  return guardrailOf(
    name,
    [],
    (judged) => {
      const cells = cellsOf(judged);
      const n = total(cells, ({ outcomes }) => outcomes);
      const events = Math.min(
        n,
        total(cells, ({ errors }) => errors),
      );
      const estimate = n > 0 ? events / n : 0;
      const found = `error rate ${percent(estimate)}`;
      return judgeLimit(
        name,
        judged,
        { events, n, limit, of: 'outcomes', estimate, found, against: `the limit of ${percent(limit)}` },
        options,
      );
    },
    options,
  );
}
