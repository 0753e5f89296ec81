import { hash32 } from '../../core/hash.js';

/** How many clusters units are put into. More than 64 were measured to gain nothing. */
export const clusterCount = 64;
/** Bits of a `UnitEventBitmap`. */
export const unitEventBits = 4096;

// Not the hash that assigns units to arms: clusters and bits must not follow the assignment.
function unitHash(unit: string, salt: string, use: string): number {
  return hash32(unit, hash32(`${salt}\u0000${use}`));
}

/** The cluster of a unit, 0 to 63, the same on every replica and for every epoch with this salt. */
export function clusterOf(unit: string, salt: string): number {
  return unitHash(unit, salt, 'clusters') >>> 26;
}

/** The bit of a unit, 0 to 4095, the same on every replica. */
export function unitEventBitOf(unit: string, salt: string): number {
  return unitHash(unit, salt, 'unit events') >>> 20;
}

/**
 * What is kept of a unit to count what comes of its requests: the first 18 bits of a hash that is independent of the assignment,
 * the same on every replica. 6 of them are its cluster and 12 its bit; far too few to tell who it is.
 */
export function unitMarkOf(hash: number): number {
  return hash >>> 14;
}

/** Marks are whole numbers from 0 to below this. */
export const unitMarks = clusterCount * unitEventBits;

/** The cluster of a mark, 0 to 63. */
export function clusterOfMark(mark: number): number {
  return mark >>> 12;
}

/** The bit of a mark, 0 to 4095. */
export function eventBitOfMark(mark: number): number {
  return mark & (unitEventBits - 1);
}
