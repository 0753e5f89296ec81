import type { Issue } from '../core/errors.js';
import { type Json, recordOf } from '../core/json.js';
import { show } from '../core/options.js';

/** Deeper than any plan that a router takes, and than most parsers of JSON allow. */
const depthMax = 100;
const valuesMax = 100_000;

/**
 * A frozen copy of what a parser gave, so that nobody changes a plan after it was checked. A key that is `undefined` is left out, as
 * JSON does. What is no JSON becomes an issue: functions, dates that a parser of YAML made, NaN, a cycle.
 */
export function jsonCopy(value: unknown, path: string, issues: Issue[]): Json {
  let left = valuesMax;
  const copy = (item: unknown, at: string, depth: number): Json => {
    left -= 1;
    if (depth > depthMax || left < 0) return refused(at, `${depthMax} levels and ${valuesMax} values are the most`);
    if (item === null || typeof item === 'string' || typeof item === 'boolean') return item;
    if (typeof item === 'number') return Number.isFinite(item) ? item : refused(at, `was ${item}`);
    if (Array.isArray(item)) {
      // Array.from fills the holes of a list, over which map would step.
      return Object.freeze(Array.from(item, (one: unknown, index) => copy(one, `${at}[${index}]`, depth + 1)));
    }
    if (!isPlain(item)) return refused(at, `was ${show(item)}`);
    const entries = Object.entries(item).filter(([, one]) => one !== undefined);
    return Object.freeze(recordOf(entries.map(([key, one]) => [key, copy(one, `${at}.${key}`, depth + 1)] as const)));
  };
  const refused = (at: string, why: string): null => {
    // One issue says that there is too much; the rest would only say it again.
    if (left >= -1) issues.push({ path: at, message: `must be JSON (${why}).` });
    return null;
  };
  return copy(value, path, 0);
}

/** An object of just keys: of a Date, a Map or a class's instance, JSON would keep nothing, or something else. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
