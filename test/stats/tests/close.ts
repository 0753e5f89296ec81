import { expect } from 'vitest';

/** Whether two numbers agree to `digits`, relative to 1 or to their size; null and the infinities must be the same. */
export const close = (one: number | null, other: number | null, digits = 9) => {
  if (one === null || other === null || !Number.isFinite(one) || !Number.isFinite(other)) expect(one).toBe(other);
  else expect(Math.abs(one - other)).toBeLessThan(10 ** -digits * Math.max(1, Math.abs(other)));
};

/** The alternative for arms that are swapped. */
export const mirror = { less: 'greater', greater: 'less', 'two-sided': 'two-sided' } as const;

export const alternatives = ['less', 'greater', 'two-sided'] as const;
