import { beta } from '../../src/stats/distributions/beta.js';
import { alphas, type Claim } from './methods.js';

/** How often a method alarmed at each alpha, under one null. */
export interface Row {
  readonly name: string;
  readonly scenario: string;
  readonly claim: Claim;
  readonly alarms: readonly number[];
  readonly runs: number;
}

/** The most that a method may alarm: alpha if it is exact, a little more where it is a good approximation. */
const allowed = (claim: Claim, alpha: number): number =>
  ({
    exact: alpha,
    measured: alpha,
    'group-sequential': alpha * (alpha >= 0.05 ? 1.1 : 1.5),
    asymptotic: Infinity,
    none: Infinity,
  })[claim];

/** Below this the true rate is not, with 99.9 % confidence (Clopper and Pearson). */
export function lowerBound(alarms: number, runs: number): number {
  return alarms === 0 ? 0 : beta.quantile(0.001, alarms, runs - alarms + 1);
}

export function isKept({ claim, alarms, runs }: Row): boolean {
  return alphas.every((alpha, at) => lowerBound(alarms[at] as number, runs) <= allowed(claim, alpha));
}

/** A promise that is not kept is printed so that nobody overlooks it. */
export const keptOf = (row: Row): string =>
  row.claim === 'asymptotic' || row.claim === 'none' ? '-' : isKept(row) ? 'yes' : 'NO';

const widths = [40, 26, 17] as const;
const cells = (texts: readonly string[]): string => texts.map((text, at) => text.padEnd(widths[at] ?? 8)).join(' ');

export function nullTable(rows: readonly Row[]): string {
  const head = cells(['method', 'null', 'promise', ...alphas.map(String), 'kept']);
  const lines = rows.map((row) => {
    const rates = row.alarms.map((count) => (count / row.runs).toFixed(4));
    return cells([row.name, row.scenario, row.claim, ...rates, keptOf(row)]);
  });
  return [head, '-'.repeat(head.length), ...lines].join('\n');
}

/** Power and the median day of the alarms at each alpha. */
export function powerTable(
  rows: readonly { name: string; firstDays: readonly (readonly number[])[]; runs: number }[],
): string {
  const head = cells(
    ['method', ...alphas.map((alpha) => `power (median day) at ${alpha}`)].map((text) => text.padEnd(30)),
  );
  const lines = rows.map(({ name, firstDays, runs }) => {
    const parts = firstDays.map((list) => {
      const sorted = [...list].sort((a, b) => a - b);
      const median = sorted.length > 0 ? `${(sorted[sorted.length >> 1] as number) + 1}` : '-';
      return `${(list.length / runs).toFixed(3)} (${median})`.padEnd(30);
    });
    return cells([name, ...parts]);
  });
  return [head, '-'.repeat(head.length), ...lines].join('\n');
}
