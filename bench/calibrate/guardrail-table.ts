import type { Found, Scenario } from './guardrails.js';
import { alphas } from './methods.js';
import { keptOf, type Row } from './table.js';

/** One rule under one null, with what the peers did in the same roll-outs. */
export interface GuardrailRow extends Row {
  /** How often the test without correction rejected at the first alpha; absent where there is no such test. */
  readonly test?: number;
  /** How often each threshold rolled back, by its name. */
  readonly thresholds: Readonly<Record<string, number>>;
}

const count = (list: readonly number[]): number => list.filter(Number.isFinite).length;

export function guardrailRows(scenario: Scenario, found: readonly Found[]): readonly GuardrailRow[] {
  const { name: where, rules, thresholds } = scenario;
  const byPeer = thresholds.map(({ name }, at) => {
    return [name, count(found.map((one) => one.thresholds[at] as number))] as const;
  });
  return rules.map(({ name, claim, metric }, at): GuardrailRow => {
    const alarms = (of: 'rules' | 'tests') =>
      alphas.map((_, level) => count(found.map((one) => one[of][at]?.[level] as number)));
    return {
      name,
      scenario: where,
      claim,
      runs: found.length,
      alarms: alarms('rules'),
      ...(metric !== undefined && { test: alarms('tests')[0] as number }),
      // What thresholds did is a matter of the traffic: it stands beside the first rule.
      thresholds: at === 0 ? Object.fromEntries(byPeer) : {},
    };
  });
}

const peers = ['Argo, limit 0', 'Argo, limit 3', 'Flagger, 1', 'Flagger, 5'] as const;
const widths = [34, 34, 9, 7, 7, 7, 5, 12, 14, 14, 11, 11] as const;
const cells = (texts: readonly string[]): string => texts.map((text, at) => text.padEnd(widths[at] ?? 8)).join(' ');

export function guardrailTable(rows: readonly GuardrailRow[]): string {
  const head = cells(['null', 'rule', 'promise', ...alphas.map(String), 'kept', `z at ${alphas[0]}`, ...peers]);
  const lines = rows.map((row) => {
    const rate = (alarms: number | undefined) => (alarms === undefined ? '-' : (alarms / row.runs).toFixed(3));
    const own = row.alarms.map((alarms) => (alarms / row.runs).toFixed(4));
    const others = peers.map((peer) => rate(row.thresholds[peer]));
    return cells([row.scenario, row.name, row.claim, ...own, keptOf(row), rate(row.test), ...others]).trimEnd();
  });
  return [head, '-'.repeat(head.length), ...lines].join('\n');
}
