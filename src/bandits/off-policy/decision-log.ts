import { isObject } from '../../core/json.js';
import type { LoggedRow } from './rows.js';

/** The part of a decision that the log needs; what the router's `decision` event brings is one. */
export interface LoggableDecision {
  readonly exposures: readonly {
    readonly node: string;
    readonly arm: string;
    readonly propensity: number;
    readonly pinned?: true;
  }[];
}

/** What is known beside the decision. */
export interface DecisionFacts {
  /** The node whose arms are in question, such as `ranker`. */
  readonly node: string;
  /** What the target policy will be asked with: keep it free of what must not be stored. */
  readonly context: Readonly<Record<string, unknown>>;
  readonly reward: number;
  readonly unit?: string;
}

/**
 * The row of a decision and the reward that came of it; `undefined` where the node took no part, where the arm was forced by a pin (which is no
 * chance), or where the reward is not a number. A path through several nodes has the chance of this node's arm only.
 */
export function decisionRow(
  decision: LoggableDecision,
  facts: DecisionFacts,
): LoggedRow<Readonly<Record<string, unknown>>> | undefined {
  const { node, context, reward, unit } = facts;
  const exposure = decision.exposures.find((candidate) => candidate.node === node);
  if (exposure === undefined || exposure.pinned === true || !Number.isFinite(reward)) return undefined;
  const { arm, propensity } = exposure;
  return { context, arm, propensity, reward, ...(unit !== undefined && { unit }) };
}

/** A row as a line of JSON Lines, its end included. */
export function decisionLine({ context, arm, propensity, reward, unit }: LoggedRow): string {
  return `${JSON.stringify({ context, arm, propensity, reward, unit })}\n`;
}

/** The rows of a log, and what was no row. */
export interface DecisionLog {
  readonly rows: readonly LoggedRow<Readonly<Record<string, unknown>>>[];
  readonly refused: number;
  /** How many lines were refused for each reason. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** A longer line is no decision. */
const lineMax = 65_536;

/**
 * Reads lines of a log, a whole text or one line after the other. It comes from outside, so nothing throws: what is no row is counted with its
 * reason, and empty lines are nothing.
 */
export function parseDecisionLog(lines: string | Iterable<string>): DecisionLog {
  const rows: LoggedRow<Readonly<Record<string, unknown>>>[] = [];
  const reasons = new Map<string, number>();
  for (const line of typeof lines === 'string' ? lines.split('\n') : lines) {
    if (line.trim() === '') continue;
    const row = parseLine(line);
    if (typeof row === 'string') reasons.set(row, (reasons.get(row) ?? 0) + 1);
    else rows.push(row);
  }
  const refused = [...reasons.values()].reduce((sum, count) => sum + count, 0);
  return { rows, refused, reasons: Object.fromEntries(reasons) };
}

function parseLine(line: string): LoggedRow<Readonly<Record<string, unknown>>> | string {
  if (!(line.length <= lineMax)) return `a line is longer than ${lineMax} characters`;
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return 'a line is not JSON';
  }
  if (!isObject(json)) return 'a line is not an object';
  const { context, arm, propensity, reward, unit } = json;
  if (!isObject(context)) return 'context is not an object';
  if (typeof arm !== 'string' || arm === '') return 'arm is not a name';
  if (!(typeof propensity === 'number' && propensity > 0 && propensity <= 1)) return 'propensity is not in (0, 1]';
  // JSON has no infinities, but 1e999 is read as one.
  if (!(typeof reward === 'number' && Number.isFinite(reward))) return 'reward is not a finite number';
  if (!(unit === undefined || (typeof unit === 'string' && unit !== ''))) return 'unit is not a name';
  return { context, arm, propensity, reward, ...(unit !== undefined && { unit }) };
}
