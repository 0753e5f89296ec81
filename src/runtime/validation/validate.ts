import { systemClock } from '../../core/clock.js';
import { verify } from '../../core/options.js';
import { exact } from '../../strategies/comparators.js';
import type { InputOf, OutputOf } from '../calls/model.js';
import { Deadlines } from '../waiting/deadlines.js';
import { type CaseRun, runCase } from './run-case.js';
import { casesCheck, optionsCheck, type ValidationCase, type ValidationOptions } from './validation-options.js';
import { reportOf, RunSums, type ValidationFailure, type ValidationReport } from './validation-report.js';

/**
 * Runs a model on a golden set before it gets any traffic: cases with what is expected of them, several at once, each within a time
 * limit, and the model in use beside it on the same cases.
 *
 * The model is called as with `call.mode` `'check'` and must be loaded. A call that fails or takes too long scores 0. Resolves to a
 * report in any case; when `signal` aborts, to one of what was run by then, which is `cancelled` and not ok. Cases are counted as
 * independent, and the interval of the difference is Student's, an approximation for few of them. Throws ConfigError.
 */
export async function validate<X, E = unknown>(
  model: X,
  cases: readonly ValidationCase<InputOf<{ model: X }, 'model'>, E>[],
  options: ValidationOptions<InputOf<{ model: X }, 'model'>, OutputOf<{ model: X }, 'model'>, E> = {},
): Promise<ValidationReport> {
  verify('validate', 'cases', cases, casesCheck);
  verify('validate', 'options', options, optionsCheck);
  const { stable, signal, onProgress, clock = systemClock } = options;
  const { passAt = 0.5, failuresKept = 20, concurrency = 4, minScore = 1, margin, alpha = 0.05 } = options;
  const deadlines = new Deadlines(clock);
  const tools = {
    clock,
    deadlines,
    timeoutMs: options.timeoutMs ?? 30_000,
    scorer: options.scorer ?? equalToExpected(),
  };
  const sums = { model: new RunSums(), stable: stable === undefined ? undefined : new RunSums() };
  const failures: ValidationFailure[] = [];
  let failed = 0;
  let next = 0;
  const isAborted = () => signal?.aborted === true;
  const work = async (): Promise<void> => {
    for (let at = next; at < cases.length && !isAborted(); at = next) {
      next += 1;
      const one = cases[at] as (typeof cases)[number];
      const run = (which: unknown) => runCase(which, one, tools, signal);
      const result = await pairOf(at % 2 === 0, () => run(model), stable === undefined ? undefined : () => run(stable));
      sums.model.add(result.model);
      if (result.stable !== undefined) sums.stable?.add(result.stable);
      if (!(result.model.score >= passAt)) {
        failed += 1;
        if (failures.length < failuresKept) failures.push(failureOf(one, at, result.model));
      }
      tell(() => onProgress?.({ done: sums.model.scores.length, total: cases.length, failed }));
    }
  };
  // Whoever is aborted in the middle of a case leaves it out, and only that rejects.
  await Promise.allSettled(Array.from({ length: Math.min(concurrency, cases.length) }, work));
  deadlines.close();
  const { length: total } = cases;
  const cancelled = sums.model.scores.length < total;
  return reportOf({ ...sums, failed, failures, total, cancelled, minScore, margin, alpha });
}

/** One after the other, so that neither slows the other down, and each first in half of the cases: caches favour the second. */
async function pairOf(
  modelFirst: boolean,
  model: () => Promise<CaseRun>,
  stable: (() => Promise<CaseRun>) | undefined,
): Promise<{ readonly model: CaseRun; readonly stable?: CaseRun }> {
  if (stable === undefined) return { model: await model() };
  if (modelFirst) return { model: await model(), stable: await stable() };
  const before = await stable();
  return { model: await model(), stable: before };
}

function equalToExpected() {
  const isSame = exact();
  return (output: unknown, { input, expected }: ValidationCase<unknown, unknown>) =>
    isSame({ primary: expected, shadow: output, input });
}

function failureOf(
  { name, input, expected }: ValidationCase<unknown, unknown>,
  at: number,
  run: CaseRun,
): ValidationFailure {
  const { score, output, error } = run;
  return {
    name: name ?? `case ${at + 1}`,
    input,
    ...(expected !== undefined && { expected }),
    ...(output !== undefined && { output }),
    score,
    ...(error !== undefined && { error }),
  };
}

/** A listener that throws is its own affair. */
function tell(listener: () => void): void {
  try {
    listener();
  } catch {
    // Nobody is waiting for it, and the validation goes on.
  }
}
