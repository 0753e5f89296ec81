import { isObject, own, type Json } from '../core/json.js';
import { callable, object, optional, positive, text, verify } from '../core/options.js';
import { gateOf, nameOf } from './rule.js';
import type { CheckResult, Gate, Outcome, Verdict } from './verdict.js';

/** What a validation comes to; the report of `validate` is one. */
export interface Validation {
  readonly ok: boolean;
  /** It was aborted, so that it says nothing. */
  readonly cancelled?: boolean;
  /** In words, for the verdict. */
  readonly summary?: string;
  readonly score?: number;
  /** Cases. */
  readonly n?: number;
}

/** Options of `validated`. */
export interface ValidatedOptions {
  /** How long the whole run may take, in milliseconds. Default 10 minutes. */
  readonly timeoutMs?: number;
}

/**
 * Passes once a validation that runs before the stage may end has come out well: a golden set (`validate`), a smoke test, a scan.
 *
 * `run` has effects, so it is no part of the judgement: it runs once per attempt, in one replica, and its end is stored. It resolves
 * to a report with `ok`, or to nothing, which is as good as ok; where it rejects or takes longer than `timeoutMs` the verdict is
 * `error`, which neither promotes nor rolls back. Throws ConfigError.
 */
export function validated(
  name: string,
  run: (signal: AbortSignal) => Promise<Validation | void>,
  options: ValidatedOptions = {},
): Gate<never> {
  verify('validated', 'name', name, text);
  verify('validated', 'run', run, callable);
  verify('validated', 'options', options, object({ timeoutMs: optional(positive) }));
  const rule = nameOf('validated', name);
  const check = {
    name,
    timeoutMs: options.timeoutMs ?? 600_000,
    run: async (signal: AbortSignal) => detailOf(await run(signal)),
  };
  const gate = gateOf(rule, [], ({ checks = {} }) => verdictOf(rule, own(checks, name)));
  return Object.freeze({ ...gate, check: Object.freeze(check) });
}

/** What is stored of a report: its sample of failures may hold what is no JSON, and is the user's to keep. */
function detailOf(report: Validation | void): Json {
  if (!isObject(report)) return { ok: true };
  // Only the keys that are JSON are taken; any of them may be absent.
  const { ok, cancelled, summary, score, n } = report as unknown as Validation;
  return {
    ok: ok === true,
    ...(cancelled === true && { cancelled }),
    ...(typeof summary === 'string' && { summary }),
    ...(typeof score === 'number' && Number.isFinite(score) && { score }),
    ...(typeof n === 'number' && Number.isFinite(n) && { n }),
  };
}

function verdictOf(rule: string, result: CheckResult | undefined): Verdict {
  if (result === undefined) return { rule, outcome: 'insufficient-data', reason: 'the validation has not ended', n: 0 };
  const detail = isObject(result.detail) ? result.detail : {};
  const { ok, cancelled, summary, score, n, error } = detail;
  const said = (text: string) => (typeof summary === 'string' ? summary : text);
  const verdict = (outcome: Outcome, reason: string): Verdict => ({
    rule,
    outcome,
    reason,
    n: typeof n === 'number' ? n : 0,
    ...(typeof score === 'number' && { estimate: score }),
  });
  if (!result.ok) return verdict('error', typeof error === 'string' ? error : 'the validation could not be run');
  if (cancelled === true) return verdict('cancelled', said('the validation was cancelled'));
  return ok === false ? verdict('fail', said('the validation failed')) : verdict('pass', said('the validation passed'));
}
