import type { UnitMarks } from '../../evidence/token.js';

/** Where the unit of one of a decision's exposures is counted; -1 is nowhere. */
export function markAt(marks: UnitMarks, at: number): number {
  return typeof marks === 'number' ? marks : (marks[at] ?? -1);
}

/** The marks of the exposures up to `at`: one number as long as they are alike, which they nearly always are. */
export function withMark(marks: UnitMarks, at: number, mark: number): UnitMarks {
  if (typeof marks !== 'number') return [...marks, mark];
  if (at === 0 || marks === mark) return mark;
  return [...Array<number>(at).fill(marks), mark];
}
