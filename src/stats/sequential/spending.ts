import { need } from '../domain.js';
import { normal } from '../distributions/normal.js';

/**
 * How much of alpha may be spent by the time a fraction of the information is in.
 *
 * `obrien-fleming` 2 - 2 Phi(z / sqrt t) and `pocock` alpha ln(1 + (e - 1) t) are those of Lan and DeMets (1983),
 * `power` is alpha t^power (Kim and DeMets 1987), `hwangShihDeCani` alpha (1 - e^(-g t)) / (1 - e^(-g)), g = 0 being
 * alpha t (1990).
 */
export type Spending = 'obrien-fleming' | 'pocock' | { readonly power: number } | { readonly hwangShihDeCani: number };

/** ln of what one side, with `alpha` in all, has spent at the fraction `at` of the information; all of it from 1 on. */
export function logSpent(spending: Spending, alpha: number, at: number): number {
  if (!(at < 1)) return Math.log(alpha);
  if (spending === 'obrien-fleming') return Math.LN2 + normal.logSf(normal.isf(alpha / 2) / Math.sqrt(at));
  if (spending === 'pocock') return Math.log(alpha) + Math.log(Math.log1p((Math.E - 1) * at));
  if ('power' in spending) return Math.log(alpha) + spending.power * Math.log(at);
  const rate = spending.hwangShihDeCani;
  // Near 0 the quotient is that of two roundings; its limit is t.
  return Math.log(alpha) + Math.log(Math.abs(rate) < 1e-12 ? at : Math.expm1(-rate * at) / Math.expm1(-rate));
}

/** Throws `domain` unless the spending is one that exists, with a parameter in its range. */
export function needSpending(where: string, spending: Spending): void {
  if (spending === 'obrien-fleming' || spending === 'pocock') return;
  const isPower = 'power' in spending;
  const value = isPower ? spending.power : spending.hwangShihDeCani;
  if (isPower) need(value > 0 && value <= 50, where, 'spending.power', 'a number in (0, 50]', value);
  else need(Math.abs(value) <= 50, where, 'spending.hwangShihDeCani', 'a number in [-50, 50]', value);
}
