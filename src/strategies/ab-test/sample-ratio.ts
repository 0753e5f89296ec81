import type { Stratum } from '../../evidence/stratum.js';
import { type AssignmentBatch, sampleRatioProcess } from '../../stats/sequential/sample-ratio.js';

/** Rarer than any finding: a mismatch makes all of them void. */
export const sampleRatioAlpha = 0.001;

/** First exposures by epoch, in their order. Shares are constant in an epoch, so its buckets are one batch, folded or not. */
function batchesOf(strata: readonly Stratum[]): readonly AssignmentBatch[] {
  const epochs = new Map<number, { shares: Stratum['shares']; counts: Record<string, number> }>();
  for (const { epoch, shares, cells } of [...strata].sort((a, b) => a.epoch - b.epoch)) {
    const batch = epochs.get(epoch) ?? { shares, counts: Object.create(null) as Record<string, number> };
    epochs.set(epoch, batch);
    for (const [arm, { units }] of Object.entries(cells)) batch.counts[arm] = (batch.counts[arm] ?? 0) + units;
  }
  return [...epochs.values()];
}

/**
 * Why units cannot have arrived in the shares they were given, or `undefined` while nothing speaks for it. Then something loses
 * them by arm (a crash, a redirect, a bot filter), and every comparison is of two different groups of people.
 */
export function sampleRatioMismatch(strata: readonly Stratum[]): string | undefined {
  const batches = batchesOf(strata);
  const { maxLogE, impossible } = sampleRatioProcess(batches);
  if (impossible.length > 0) return `units were counted for ${impossible.join(', ')}, which had no share`;
  if (!(maxLogE >= -Math.log(sampleRatioAlpha))) return undefined;
  const due = new Map<string, { seen: number; expected: number }>();
  for (const { shares, counts } of batches) {
    const n = Object.values(counts).reduce((sum, count) => sum + count, 0);
    for (const [arm, share] of Object.entries(shares)) {
      const { seen, expected } = due.get(arm) ?? { seen: 0, expected: 0 };
      due.set(arm, { seen: seen + (counts[arm] ?? 0), expected: expected + n * share });
    }
  }
  const arms = [...due].map(([arm, { seen, expected }]) => `${seen} to ${arm} where ${Math.round(expected)} were due`);
  return `units do not arrive in their shares: ${arms.join(', ')}`;
}

/** The bits of the recorder's bitmap of units, and how full it may be for its count to be corrected. */
const bitmapBits = 65_536;
const bitmapFull = 0.98;

/**
 * How many units were seen, over all arms. The bitmap counts units that share a bit once, which linear counting corrects (Whang,
 * Vander-Zanden and Taylor 1990), to some 250 000 units; beyond that exposures are counted, which are never fewer.
 */
export function unitsSeen(strata: readonly Stratum[]): number {
  const cells = strata.flatMap((stratum) => Object.values(stratum.cells));
  const exposed = cells.reduce((sum, cell) => sum + cell.exposed, 0);
  const bits = cells.reduce((sum, { units }) => sum + units, 0);
  if (!(bits < bitmapFull * bitmapBits)) return exposed;
  return Math.min(exposed, Math.round(-bitmapBits * Math.log1p(-bits / bitmapBits)));
}
