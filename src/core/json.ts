/** What survives `JSON.parse(JSON.stringify(value))`. Declare states as `type`: an `interface` is not assignable. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object whose prototype is not to be trusted: read it with `own`. */
export type JsonObject = { readonly [key: string]: Json };

/** True for objects that are neither null nor arrays. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value of an own key, so that `__proto__` or `constructor` as a name finds nothing that was not put there. */
export function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Builds a record whose keys may be any strings, `__proto__` included. */
export function recordOf<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries(entries);
}

/** One text per JSON value, whatever the order of its keys: what fingerprints and deterministic ids are made of. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const object = value as JsonObject;
  // A key left out as `undefined` is gone after a round trip, and the text must be the same before and after.
  const entries = Object.entries(object).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}
