import { need } from '../stats/domain.js';
import type { Policy } from './evidence.js';
import { indexPolicy } from './index-policy.js';

/** The Kullback-Leibler divergence of two Bernoulli distributions, in nats; infinite where `q` rules out what `p` does. */
export function bernoulliKl(p: number, q: number): number {
  const hit = p > 0 ? p * Math.log(p / q) : 0;
  const miss = p < 1 ? (1 - p) * Math.log((1 - p) / (1 - q)) : 0;
  // Rounding may leave a little less than nothing.
  return Math.max(0, hit + miss);
}

/** The greatest q in [mean, 1] with kl(mean, q) <= limit. */
export function klUpperBound(mean: number, limit: number): number {
  if (!(limit > 0) || !(mean < 1)) return Math.max(0, Math.min(1, mean));
  if (!(mean > 0)) return -Math.expm1(-limit);
  const entropy = -mean * Math.log(mean) - (1 - mean) * Math.log1p(-mean);
  // Two bounds from above: Pinsker's, and what is left when the first term is dropped. The divergence is convex, so that Newton's
  // steps from above never pass the root.
  let q = Math.min(mean + Math.sqrt(limit / 2), -Math.expm1(-(limit + entropy) / (1 - mean)));
  for (let step = 0; step < 50; step += 1) {
    const rest = 1 - q;
    if (!(rest > 0)) return 1;
    const excess = mean * Math.log(mean / q) + (1 - mean) * Math.log((1 - mean) / rest) - limit;
    const change = (excess * q * rest) / (q - mean);
    if (!(change > 1e-15 * q)) break;
    q -= change;
  }
  return Math.min(1, Math.max(mean, q));
}

/**
 * The greatest mean that the arm's rewards do not rule out, n kl(mean, q) <= ln t + c ln ln t: KL-UCB of Garivier and Cappé (2011), which
 * is optimal in the long run for rewards of 0 or 1. `c` is 0 by default, as they recommend in practice; 3 is what their proof needs.
 */
export function klUcb(options: { readonly c?: number } = {}): Policy {
  const { c = 0 } = options;
  need(c >= 0 && c < Infinity, 'klUcb', 'c', 'a number, 0 or more', c);
  return indexPolicy('kl-ucb', ({ mean, n }, t) => {
    const log = Math.log(Math.max(1, t));
    const rate = log + (c > 0 ? c * Math.log(Math.max(1, log)) : 0);
    return klUpperBound(mean, rate / n);
  });
}
