import { ConfigError } from '../core/errors.js';
import { isObject } from '../core/json.js';
import type { RolloutReport } from '../runtime/reporting/rollout-report.js';
import type { RehearsalResult } from '../simulate/rehearsal-result.js';
import type { SimulationResult } from '../simulate/result.js';

/** What can be reported: `reportOf(router)`, what `simulate` gives, or what `rehearse` gives. All are plain JSON. */
export type ReportInput = RolloutReport | SimulationResult | RehearsalResult;

const lists: Readonly<Record<'rollout' | 'simulation' | 'rehearsal', readonly string[]>> = {
  rollout: ['nodes'],
  simulation: ['timeline', 'alerts', 'arms', 'verdicts', 'shares', 'samples'],
  rehearsal: ['scenarios', 'weakSpots'],
};

/** A report with the name of its kind, which tells them apart. */
export type KnownInput =
  | { readonly kind: 'rollout'; readonly report: RolloutReport }
  | { readonly kind: 'simulation'; readonly result: SimulationResult }
  | { readonly kind: 'rehearsal'; readonly result: RehearsalResult };

const has = (json: object, names: readonly string[]) =>
  names.every((name) => Array.isArray((json as Readonly<Record<string, unknown>>)[name]));

function isRollout(json: unknown): json is RolloutReport {
  return isObject(json) && has(json, lists.rollout) && isObject(json['counters']);
}

function isSimulation(json: unknown): json is SimulationResult {
  return isObject(json) && has(json, lists.simulation) && isObject(json['status']);
}

function isRehearsal(json: unknown): json is RehearsalResult {
  return isObject(json) && has(json, lists.rehearsal);
}

/**
 * Tells what a JSON value is a report of, so that a file can be read without a word about what is in it. It looks at the first level
 * alone. Throws a ConfigError for anything else, and for a format that is not 1.
 */
export function knownInput(json: unknown): KnownInput {
  if (isObject(json) && json['format'] === 1) {
    if (isSimulation(json)) return { kind: 'simulation', result: json };
    if (isRehearsal(json)) return { kind: 'rehearsal', result: json };
    if (isRollout(json)) return { kind: 'rollout', report: json };
  }
  const format = isObject(json) && 'format' in json ? ` of format ${JSON.stringify(json['format'])}` : '';
  throw new ConfigError('report', [
    {
      path: 'input',
      message: `must be what reportOf(router), simulate() or rehearse() gives, of format 1 (was ${typeof json}${format}).`,
    },
  ]);
}
