import { ConfigError, type Issue, isTurnoutError, messageOf, TurnoutError } from '../../core/errors.js';
import { isObject, own, recordOf } from '../../core/json.js';
import { nearest, show } from '../../core/options.js';

/** What is known and what was found while a plan is read. */
export interface Reading {
  readonly issues: Issue[];
  /** The models that the plan may name. Default: any. */
  readonly models?: readonly string[];
  /** The metrics that its rules may name, those that are always measured among them. */
  readonly metrics: readonly string[];
  /** What `{ use: name }` stands for; undefined where there is none. */
  named(name: string, as: NamedAs): unknown;
}

/** What a named thing is used as. */
export type NamedAs = 'function' | 'moments';

/**
 * Makes of JSON what a class takes. It adds what is wrong to the issues and gives something that passes in its place, so that whatever
 * stands around it is still checked. JSON of a wrong type it leaves as it is: the class says what it wanted.
 */
export type Reader = (json: unknown, path: string, reading: Reading) => unknown;

export function listOf(item: Reader): Reader {
  return (json, path, reading) =>
    Array.isArray(json) ? json.map((one: unknown, index) => item(one, `${path}[${index}]`, reading)) : json;
}

export function valuesOf(item: Reader): Reader {
  return (json, path, reading) =>
    isObject(json)
      ? recordOf(Object.entries(json).map(([key, one]) => [key, item(one, `${path}.${key}`, reading)] as const))
      : json;
}

/** An object of which only these keys need reading. */
export function keysOf(readers: Readonly<Record<string, Reader>>): Reader {
  return (json, path, reading) => {
    if (!isObject(json)) return json;
    const read = (key: string, value: unknown) => own(readers, key)?.(value, `${path}.${key}`, reading) ?? value;
    return recordOf(Object.entries(json).map(([key, value]) => [key, read(key, value)] as const));
  };
}

export function say(reading: Reading, path: string, message: string): void {
  reading.issues.push({ path, message });
}

/** A word that is none of those known, with the nearest of them as advice. */
export function sayUnknown(reading: Reading, path: string, word: unknown, known: readonly string[]): void {
  const near = typeof word === 'string' ? nearest(word, known) : undefined;
  const advice = near === undefined ? '' : ` Did you mean '${near}'?`;
  say(reading, path, `must be ${known.map(show).join(' or ') || 'declared'} (was ${show(word)}).${advice}`);
}

/** What a maker is told besides the JSON. */
export type Maker<T> = (given: never, path: string, reading: Reading) => T;

/** Several kinds of one thing, told apart by a key. */
export interface Kinds<T> {
  readonly key: string;
  /** In words, with an example. */
  readonly what: string;
  readonly makers: Readonly<Record<string, Maker<T>>>;
  /** Of the kinds whose makers look at no keys but their own: the keys that they have. */
  readonly keys?: () => Readonly<Record<string, readonly string[]>>;
  /** What passes for one that could not be made. */
  instead(): T;
}

/** Makes what JSON describes by the maker of its kind. */
export function oneOfKinds<T>({ key, what, makers, keys, instead }: Kinds<T>) {
  return (json: unknown, path: string, reading: Reading): T => {
    if (!isObject(json)) {
      say(reading, path, `must be ${what} (was ${show(json)}).`);
      return instead();
    }
    const { [key]: kind, ...given } = json;
    const maker = typeof kind === 'string' ? own(makers, kind) : undefined;
    if (maker === undefined) {
      sayUnknown(reading, `${path}.${key}`, kind, Object.keys(makers));
      return instead();
    }
    const known = keys === undefined ? undefined : own(keys(), String(kind));
    const options = known === undefined ? given : onlyKnown(given, known, path, reading);
    // What is in them, the maker's own checks say.
    return made(() => maker(options as never, path, reading), path, reading, instead);
  };
}

function onlyKnown(given: object, known: readonly string[], path: string, reading: Reading): object {
  const entries = Object.entries(given).filter(([key]) => {
    if (known.includes(key)) return true;
    const near = nearest(key, known);
    const advice = near === undefined ? `Known are ${known.join(', ') || 'none'}.` : `Did you mean ${near}?`;
    say(reading, `${path}.${key}`, `is not an option. ${advice}`);
    return false;
  });
  return recordOf(entries);
}

/** What `make` gives. Issues that it throws are told where their values stand in the plan. */
export function made<T>(make: () => T, path: string, reading: Reading, instead: () => T): T {
  try {
    return make();
  } catch (error) {
    for (const issue of issuesIn(error)) say(reading, rebased(issue.path, path), issue.message);
    return instead();
  }
}

function issuesIn(error: unknown): readonly Issue[] {
  if (isConfigError(error)) return error.issues;
  if (!isTurnoutError(error, 'domain')) throw error;
  // Numerics say `where: name must be … (was …).` in one text.
  const [, name, message] = /^\w+: ([\w.[\]]+) (must .*)$/s.exec(messageOf(error)) ?? [];
  if (name === undefined || message === undefined) throw new TurnoutError('domain', messageOf(error), { cause: error });
  return [{ path: name, message }];
}

function isConfigError(error: unknown): error is ConfigError {
  return isTurnoutError(error, 'config') && 'issues' in error;
}

/** Classes call what they are given by a word of theirs; in a plan that is the place where it stands. */
function rebased(issue: string, path: string): string {
  const below = issue.replace(/^(?:strategy|options|calendar|ramp)(?=[.[]|$)/, '');
  if (below === '' || below.startsWith('.') || below.startsWith('[')) return `${path}${below}`;
  return `${path}.${below}`;
}
