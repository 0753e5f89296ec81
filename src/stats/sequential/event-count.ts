import { need, needCount } from '../domain.js';

/** How many observations there were, and how many of them were events. */
export interface EventCount {
  readonly n: number;
  readonly events: number;
}

/** Throws `domain` unless 0 <= events <= n are whole numbers. */
export function needEventCount(where: string, name: string, { n, events }: EventCount): void {
  needCount(where, `${name}.n`, n);
  const possible = Number.isSafeInteger(events) && events >= 0 && events <= n;
  need(possible, where, `${name}.events`, `a whole number from 0 to n = ${n}`, events);
}
