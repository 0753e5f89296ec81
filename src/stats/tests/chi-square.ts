import { need, needCount } from '../domain.js';
import { incompleteGamma } from '../special/incomplete-gamma.js';
import { degenerate, fromLog, type TestResult } from './result.js';
import { needTwoProportions, type TwoProportions } from './two-proportion-z.js';

/** Counts by row and column. */
export type Table = readonly (readonly number[])[];

export interface TableInput {
  readonly table: Table;
  /** Yates' continuity correction, for 2 x 2 tables only; default false. */
  readonly yates?: boolean;
}

export interface ProportionsInput extends TwoProportions {
  readonly yates?: boolean;
}

/** Counts by category, against proportions that sum to 1. */
export interface FitInput {
  readonly observed: readonly number[];
  readonly expectedProportions: readonly number[];
}

interface Cell {
  readonly observed: number;
  readonly expected: number;
}

const cellsMax = 100_000;

function judged(method: string, statistic: number, df: number): TestResult {
  const { logUpper } = incompleteGamma(df / 2, statistic / 2);
  return { method, statistic, ...fromLog(logUpper), estimate: null, interval: null, df };
}

/** Cells with what independence makes expect of them; rows and columns without any count are left out of both. */
export function tableCells(where: string, table: Table): { cells: Cell[]; rows: number; columns: number } {
  const first = Array.isArray(table) ? table[0] : undefined;
  const width = Array.isArray(first) ? first.length : 0;
  need(width > 0 && table.length * width <= cellsMax, where, 'table', 'rows of counts, at most 100,000 in all', table);
  const columnSums = Array<number>(width).fill(0);
  const rowSums = table.map((row, r) => {
    need(Array.isArray(row) && row.length === width, where, `table[${r}]`, `a row of ${width} counts`, row);
    return row.reduce((sum: number, count, c) => {
      needCount(where, `table[${r}][${c}]`, count);
      columnSums[c] = (columnSums[c] as number) + count;
      return sum + count;
    }, 0);
  });
  const total = rowSums.reduce((sum, count) => sum + count, 0);
  const cells: Cell[] = [];
  table.forEach((row, r) =>
    row.forEach((observed, c) => {
      const expected = ((rowSums[r] as number) / total) * (columnSums[c] as number);
      if (expected > 0) cells.push({ observed, expected });
    }),
  );
  const filled = (sums: readonly number[]) => sums.filter((sum) => sum > 0).length;
  return { cells, rows: filled(rowSums), columns: filled(columnSums) };
}

function fitCells(where: string, { observed, expectedProportions }: FitInput): Cell[] {
  need(Array.isArray(observed) && observed.length <= cellsMax, where, 'observed', 'a list of counts', observed);
  const lengths = Array.isArray(expectedProportions) && expectedProportions.length === observed.length;
  need(lengths, where, 'expectedProportions', `a list of ${observed.length} proportions`, expectedProportions);
  const sum = expectedProportions.reduce((total, share) => total + share, 0);
  need(Math.abs(sum - 1) < 1e-9, where, 'expectedProportions', 'proportions that sum to 1', sum);
  const n = observed.reduce((total, count) => total + count, 0);
  const cells: Cell[] = [];
  observed.forEach((count, i) => {
    const share = expectedProportions[i] as number;
    needCount(where, `observed[${i}]`, count);
    need(share >= 0, where, `expectedProportions[${i}]`, 'a number in [0, 1]', share);
    // A category that could not happen is in no degree of freedom; a count there is a mistake, not evidence.
    need(share > 0 || count === 0, where, `observed[${i}]`, '0 where the expected proportion is 0', count);
    if (share > 0) cells.push({ observed: count, expected: n * share });
  });
  return cells;
}

/**
 * Pearson's chi-square test: of independence in a table of any size, of two proportions, or of counts against expected
 * proportions (goodness of fit). For two proportions the estimate is p1 - p2;
 * its interval is a matter of `proportionDifferenceInterval`.
 *
 * Rows, columns and categories that cannot have counts take no degree of freedom. The approximation wants expected counts
 * of about 5 or more. With fewer than two rows, columns or categories left, or no counts: p = 1, with `reason`.
 */
export function chiSquareTest(input: TableInput | ProportionsInput | FitInput): TestResult {
  const where = 'chiSquareTest';
  if ('observed' in input) {
    const cells = fitCells(where, input);
    const method = 'chi-square (goodness of fit)';
    if (cells.length < 2 || !((cells[0] as Cell).expected > 0)) return degenerate(method, 'no-data');
    return judged(method, pearson(cells, 0), cells.length - 1);
  }
  const { yates = false } = input;
  const table = 'table' in input ? input.table : proportionsTable(where, input);
  const { cells, rows, columns } = tableCells(where, table);
  const method = `chi-square${yates ? ' (Yates)' : ''}`;
  const isTwoByTwo = table.length === 2 && table[0]?.length === 2;
  need(!yates || isTwoByTwo, where, 'yates', 'false unless the table is 2 x 2', yates);
  const df = (rows - 1) * (columns - 1);
  if (!(rows > 1 && columns > 1)) return degenerate(method, rows < 2 ? 'no-data' : 'no-variance');
  // The correction never overshoots: all four deviations of a 2 x 2 table are of the same size.
  const deviation = ({ observed, expected }: Cell) => Math.abs(observed - expected);
  const correction = yates ? Math.min(0.5, deviation(cells[0] as Cell)) : 0;
  const result = judged(method, pearson(cells, correction), df);
  return 'table' in input ? result : { ...result, estimate: input.x1 / input.n1 - input.x2 / input.n2 };
}

function pearson(cells: readonly Cell[], correction: number): number {
  return cells.reduce((sum, { observed, expected }) => {
    const deviation = Math.abs(observed - expected) - correction;
    return sum + (deviation / expected) * deviation;
  }, 0);
}

function proportionsTable(where: string, input: ProportionsInput): Table {
  needTwoProportions(where, input);
  return [
    [input.x1, input.n1 - input.x1],
    [input.x2, input.n2 - input.x2],
  ];
}

/** The likelihood-ratio (G) test of independence in a table; degrees of freedom and degenerate cases as in `chiSquareTest`. */
export function gTest({ table }: { readonly table: Table }): TestResult {
  const { cells, rows, columns } = tableCells('gTest', table);
  const df = (rows - 1) * (columns - 1);
  if (!(rows > 1 && columns > 1)) return degenerate('G', rows < 2 ? 'no-data' : 'no-variance');
  const term = ({ observed, expected }: Cell) => (observed > 0 ? observed * Math.log(observed / expected) : 0);
  return judged('G', Math.max(0, 2 * cells.reduce((sum, cell) => sum + term(cell), 0)), df);
}
