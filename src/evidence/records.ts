import { own } from '../core/json.js';

/** Joins two records key by key, keys in ascending order; values that only one of them has are taken as they are. */
export function joinRecords<T>(
  a: Readonly<Record<string, T>>,
  b: Readonly<Record<string, T>>,
  add: (a: T, b: T) => T,
): Readonly<Record<string, T>> {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(
    keys.map((key) => {
      const [left, right] = [own(a, key), own(b, key)];
      return [key, left === undefined ? (right as T) : right === undefined ? left : add(left, right)] as const;
    }),
  );
}
