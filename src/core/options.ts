import { ConfigError, type Issue } from './errors.js';
import { isObject } from './json.js';

/** Looks at one value and adds what is wrong with it, and with all below it, to `issues`. */
export type Check = (value: unknown, path: string, issues: Issue[]) => void;

/** Throws a ConfigError with every issue, or returns when there is none. `what` is what was being built. */
export function verify(what: string, path: string, value: unknown, check: Check): void {
  const issues: Issue[] = [];
  check(value, path, issues);
  if (issues.length > 0) throw new ConfigError(what, issues);
}

/** A value as a message shows it: short, on one line, and never throwing. */
export function show(value: unknown): string {
  // Escaped as JSON is: a line break would forge a line of a log, and a lone surrogate would spoil it.
  if (typeof value === 'string')
    return `'${JSON.stringify(value.slice(0, 40)).slice(1, -1)}${value.length > 40 ? '…' : ''}'`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/** A check from a test and a sentence part that completes "must be …". */
export function must(
  be: string,
  test: (value: unknown) => boolean,
  hint?: (value: unknown) => string | undefined,
): Check {
  return (value, path, issues) => {
    if (test(value)) return;
    const advice = hint?.(value);
    issues.push({ path, message: `must be ${be} (was ${show(value)}).${advice === undefined ? '' : ` ${advice}`}` });
  };
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isFraction = (value: unknown) => isNumber(value) && value >= 0 && value <= 1;
const isOpenFraction = (value: unknown) => isNumber(value) && value > 0 && value < 1;
// Only what would pass is worth advising: 100 % is no open fraction.
const percentHint = (test: (value: unknown) => boolean) => (value: unknown) =>
  isNumber(value) && value > 1 && test(value / 100) ? `Did you mean ${value / 100}?` : undefined;

export const text = must('a text that is not empty', (value) => typeof value === 'string' && value !== '');
export const flag = must('true or false', (value) => typeof value === 'boolean');
export const callable = must('a function', (value) => typeof value === 'function');
export const anything: Check = () => {};
/** What is given by the user as an object with these methods, own or inherited: `be` completes "must be …". */
export const withMethods = (be: string, ...methods: readonly string[]): Check =>
  must(be, (value) => isObject(value) && methods.every((method) => typeof value[method] === 'function'));
export const fraction = must('a fraction in [0, 1]', isFraction, percentHint(isFraction));
export const openFraction = must('a fraction in (0, 1)', isOpenFraction, percentHint(isOpenFraction));
export const positive = must('a number over 0', (value) => isNumber(value) && value > 0 && value < Infinity);
export const duration = must(
  'a time in milliseconds, 0 or more',
  (value) => isNumber(value) && value >= 0 && value < Infinity,
);
export const count = must(
  'a whole number, 0 or more',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
);
export const positiveCount = must(
  'a whole number over 0',
  (value) => Number.isSafeInteger(value) && (value as number) > 0,
);

export function oneOf(...words: readonly (string | number | boolean)[]): Check {
  return must(words.map(show).join(' or '), (value) => words.includes(value as string));
}

/** Passes if any of `checks` finds nothing; otherwise says what was wanted in `be`. */
export function either(be: string, ...checks: readonly Check[]): Check {
  return must(be, (value) =>
    checks.some((check) => {
      const issues: Issue[] = [];
      check(value, '', issues);
      return issues.length === 0;
    }),
  );
}

export function listOf(item: Check, { min = 0, max = 1000 } = {}): Check {
  return (value, path, issues) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      issues.push({ path, message: `must be a list of ${min} to ${max} items (was ${show(value)}).` });
      return;
    }
    // Not forEach, which steps over the holes of a list.
    for (let index = 0; index < value.length; index += 1) item(value[index], `${path}[${index}]`, issues);
  };
}

export function recordOf(item: Check, { min = 0, max = 1000 } = {}): Check {
  return (value, path, issues) => {
    const keys = isObject(value) ? Object.keys(value) : [];
    if (!isObject(value) || keys.length < min || keys.length > max) {
      issues.push({ path, message: `must be an object with ${min} to ${max} keys (was ${show(value)}).` });
      return;
    }
    for (const key of keys) item(value[key], `${path}.${key}`, issues);
  };
}

/** Marks a key that may be left out. `undefined` counts as left out. */
export function optional(check: Check): Check {
  return (value, path, issues) => {
    if (value !== undefined) check(value, path, issues);
  };
}

/** An object with these keys and no others; an unknown key is a mistake and gets the nearest known one as advice. */
export function object(keys: Readonly<Record<string, Check>>): Check {
  return (value, path, issues) => {
    if (!isObject(value)) {
      issues.push({ path, message: `must be an object (was ${show(value)}).` });
      return;
    }
    for (const key of Object.keys(value)) {
      if (Object.hasOwn(keys, key)) continue;
      const near = nearest(key, Object.keys(keys));
      const advice = near === undefined ? `Known are ${Object.keys(keys).join(', ')}.` : `Did you mean ${near}?`;
      issues.push({ path: `${path}.${key}`, message: `is not an option. ${advice}` });
    }
    for (const [key, check] of Object.entries(keys)) check(value[key], `${path}.${key}`, issues);
  };
}

/** Runs every check on the same value: a shape, then what holds between its keys. */
export function all(...checks: readonly Check[]): Check {
  return (value, path, issues) => {
    for (const check of checks) check(value, path, issues);
  };
}

/** The known word that a misspelt one is closest to, if it is close enough to be worth saying. */
export function nearest(misspelt: string, known: readonly string[]): string | undefined {
  // Longer words cost more and are nobody's misspelling.
  const word = misspelt.slice(0, 64);
  let best: string | undefined;
  let least = Math.max(2, Math.ceil(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word, candidate);
    // Words of which not one letter agrees are no misspelling of each other, however short they are.
    if (distance < Math.min(least, Math.max(word.length, candidate.length))) [best, least] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] as number) + 1, (current[j - 1] as number) + 1));
    }
    previous = current;
  }
  return previous[b.length] as number;
}
