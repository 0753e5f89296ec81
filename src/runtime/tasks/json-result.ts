import { TurnoutError } from '../../core/errors.js';
import type { Json } from '../../core/json.js';
import { show } from '../../core/options.js';

const deepest = 32;
const mostValues = 10_000;

/**
 * What a task came to, as JSON that can be stored: nothing becomes null. Throws where it is not JSON, since a stored `Date` or NaN
 * would come back as something else, and where it is deeper than 32 or larger than 10 000 values, cycles among them.
 */
export function jsonResult(value: unknown): Json {
  if (value === undefined) return null;
  let values = 0;
  const copy = (part: unknown, path: string, depth: number): Json => {
    values += 1;
    if (values > mostValues) throw refusal(path, `at most ${mostValues} values`, part);
    if (depth > deepest) throw refusal(path, `at most ${deepest} levels deep`, part);
    if (part === null || typeof part === 'boolean' || typeof part === 'string') return part;
    if (typeof part === 'number' && part - part === 0) return part;
    if (Array.isArray(part)) return Array.from(part, (item, index) => copy(item, `${path}[${index}]`, depth + 1));
    if (!isPlain(part)) throw refusal(path, 'JSON', part);
    // `fromEntries` defines keys, so that `__proto__` is one like any other.
    return Object.fromEntries(
      Object.entries(part).map(([key, item]) => [key, copy(item, `${path}.${key}`, depth + 1)]),
    );
  };
  return copy(value, 'result', 0);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function refusal(path: string, expected: string, value: unknown): TurnoutError<'domain'> {
  return new TurnoutError('domain', `${path.slice(0, 200)}: must be ${expected} (was ${show(value)}).`);
}
