import { must } from '../../core/options.js';

/** A number of instances, or a percentage of them as in `'25%'`. */
export type InstanceCount = number | `${number}%`;

const percentage = /^\d{1,9}%$/u;

/** The check of such a number: whole numbers only, also before the `%`. */
export const instanceCountCheck = must(
  "a whole number, 0 or more, or a percentage such as '25%'",
  (value) => (Number.isSafeInteger(value) && (value as number) >= 0) || percentage.test(String(value)),
  (value) => {
    if (typeof value === 'number' && value > 0 && value < 1) return `Did you mean '${Math.round(value * 100)}%'?`;
    return typeof value === 'string' && /^\d+$/u.test(value) ? `Did you mean ${value} or '${value}%'?` : undefined;
  },
);

/** The number that a count means of `total`: a percentage is rounded up or down, a number stands for itself. */
export function resolveCount(count: InstanceCount, total: number, round: 'up' | 'down'): number {
  if (typeof count === 'number') return count;
  const hundredfold = Number.parseInt(count, 10) * total;
  return round === 'up' ? Math.ceil(hundredfold / 100) : Math.floor(hundredfold / 100);
}

/** What a rolling update must stay between. */
export interface Fenceposts {
  /** How many instances there may be over the total. */
  readonly surge: number;
  /** How many of the total may be missing. */
  readonly unavailable: number;
}

/**
 * Both limits as Kubernetes resolves them: surge is rounded up, unavailable down, and where both come to 0 one instance may be
 * missing, since otherwise nothing could ever move.
 */
export function fenceposts(maxSurge: InstanceCount, maxUnavailable: InstanceCount, total: number): Fenceposts {
  const surge = resolveCount(maxSurge, total, 'up');
  const unavailable = resolveCount(maxUnavailable, total, 'down');
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** How many instances may be taken down now, with `available` at work. */
export function roomToTakeDown({ unavailable }: Fenceposts, total: number, available: number): number {
  return Math.max(0, available - (total - unavailable));
}

/** How many instances may be added now to `existing` ones. */
export function roomToAdd({ surge }: Fenceposts, total: number, existing: number): number {
  return Math.max(0, total + surge - existing);
}
