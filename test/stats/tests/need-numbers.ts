import { expect } from 'vitest';

/** Every number in a result, at any depth, is a number. */
export function needNumbers(value: unknown, path = ''): void {
  if (typeof value === 'number') expect(Number.isNaN(value), path).toBe(false);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) needNumbers(item, `${path}.${key}`);
  }
}
