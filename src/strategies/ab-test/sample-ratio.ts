import { assignmentBatches, unitsDue } from '../../analysis/sample-ratio.js';
import type { Stratum } from '../../evidence/stratum.js';
import { sampleRatioProcess } from '../../stats/sequential/sample-ratio.js';

/** Rarer than any finding: a mismatch makes all of them void. */
export const sampleRatioAlpha = 0.001;

/**
 * Why units cannot have arrived in the shares they were given, or `undefined` while nothing speaks for it. Then something loses
 * them by arm (a crash, a redirect, a bot filter), and every comparison is of two different groups of people.
 */
export function sampleRatioMismatch(strata: readonly Stratum[]): string | undefined {
  const batches = assignmentBatches(strata);
  const { maxLogE, impossible } = sampleRatioProcess(batches);
  if (impossible.length > 0) return `units were counted for ${impossible.join(', ')}, which had no share`;
  if (!(maxLogE >= -Math.log(sampleRatioAlpha))) return undefined;
  return `units do not arrive in their shares: ${unitsDue(batches)}`;
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
