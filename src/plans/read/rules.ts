import { approved, type ApprovedOptions } from '../../analysis/approved.js';
import { betterThan, type BetterThanOptions } from '../../analysis/better-than.js';
import { customGate, customGuardrail } from '../../analysis/custom.js';
import { equivalent, type EquivalentOptions } from '../../analysis/equivalent.js';
import { maxErrorRate } from '../../analysis/max-error-rate.js';
import { maxLatency, type MaxLatencyOptions } from '../../analysis/max-latency.js';
import { maxMismatchRate, type MaxMismatchRateOptions } from '../../analysis/max-mismatch-rate.js';
import { maxRate } from '../../analysis/max-rate.js';
import { minAge } from '../../analysis/min-age.js';
import { minOutcomes } from '../../analysis/min-outcomes.js';
import { minRate } from '../../analysis/min-rate.js';
import { noWorseThan, type NoWorseThanOptions } from '../../analysis/no-worse-than.js';
import { nonInferior, type NonInferiorOptions } from '../../analysis/non-inferior.js';
import type { GuardrailOptions } from '../../analysis/rule.js';
import { sampleRatio } from '../../analysis/sample-ratio.js';
import { validated } from '../../analysis/validated.js';
import type { Gate, Guardrail } from '../../analysis/verdict.js';
import { withinWindow } from '../../analysis/within-window.js';
import type { Calendar } from '../../core/calendar.js';
import { isObject, own } from '../../core/json.js';
import { gateKeys, guardrailKeys } from '../schema/rules.js';
import { functionNamed, metricName } from './names.js';
import { keysOf, listOf, oneOfKinds, type Reader, say } from './reading.js';

/** A metric and what is said of it. */
type Of<O> = { readonly metric: string } & O;
type Limited<O> = { readonly limit: number } & O;
/** A rule of the user's own, whose function has been found. */
interface Own {
  readonly name: string;
  readonly judge: never;
  readonly metrics?: readonly string[];
}

const guardrails = {
  maxErrorRate: ({ limit, ...options }: Limited<GuardrailOptions>) => maxErrorRate(limit, options),
  maxLatency: (options: MaxLatencyOptions) => maxLatency(options),
  maxRate: ({ metric, limit, ...options }: Of<Limited<GuardrailOptions>>) => maxRate(metric, limit, options),
  minRate: ({ metric, limit, ...options }: Of<Limited<GuardrailOptions>>) => minRate(metric, limit, options),
  noWorseThan: ({ metric, ...options }: Of<NoWorseThanOptions>) => noWorseThan(metric, options),
  maxMismatchRate: ({ limit, ...options }: Limited<MaxMismatchRateOptions>) => maxMismatchRate(limit, options),
  sampleRatio: (options: GuardrailOptions) => sampleRatio(options),
  custom: ({ name, judge, ...options }: Own) => customGuardrail<string>(name, judge, options),
} satisfies Readonly<Record<string, (given: never) => Guardrail>>;

const gates = {
  betterThan: ({ metric, ...options }: Of<BetterThanOptions>) => betterThan(metric, options),
  nonInferior: ({ metric, ...options }: Of<NonInferiorOptions>) => nonInferior(metric, options),
  equivalent: ({ metric, ...options }: Of<EquivalentOptions>) => equivalent(metric, options),
  minAge: ({ ms }: { readonly ms: number }) => minAge(ms),
  minOutcomes: ({ n, metric }: { readonly n: number; readonly metric?: string }) => minOutcomes(n, metric),
  approved: (options: ApprovedOptions) => approved(options),
  withinWindow: (calendar: Calendar) => withinWindow(calendar),
  validated: ({ name, run, ...options }: { readonly name: string; readonly run: never }) =>
    validated(name, run, options),
  custom: ({ name, judge, ...options }: Own) => customGate<string>(name, judge, options),
} satisfies Readonly<Record<string, (given: never) => Gate>>;

const inside = keysOf({
  metric: metricName,
  metrics: listOf(metricName),
  judge: functionNamed,
  run: functionNamed,
});

/** What passes for a rule that could not be made. */
const anyGuardrail = (): Guardrail => maxErrorRate(1);
const anyGate = (): Gate => minAge(0);

const readGuardrail = oneOfKinds<Guardrail>({
  key: 'rule',
  what: 'a guardrail, such as { "rule": "maxErrorRate", "limit": 0.02 }',
  makers: guardrails,
  keys: guardrailKeys,
  instead: anyGuardrail,
});
const readGate = oneOfKinds<Gate>({
  key: 'rule',
  what: 'a gate, such as { "rule": "betterThan", "metric": … }',
  makers: gates,
  keys: gateKeys,
  instead: anyGate,
});

/** A rule of the other sort gets the advice that classes give, not a list of words. */
function misplaced(others: object, known: object, advice: string, read: Reader, instead: () => unknown): Reader {
  return (json, path, reading) => {
    const rule = isObject(json) ? own(json, 'rule') : undefined;
    if (typeof rule === 'string' && Object.hasOwn(others, rule) && !Object.hasOwn(known, rule)) {
      say(reading, `${path}.rule`, advice);
      return instead();
    }
    return read(inside(json, path, reading), path, reading);
  };
}

export const guardrail = misplaced(
  gates,
  guardrails,
  'is a gate: it belongs into `gates`.',
  readGuardrail,
  anyGuardrail,
);
export const gate = misplaced(guardrails, gates, 'is a guardrail: it belongs into `guardrails`.', readGate, anyGate);
