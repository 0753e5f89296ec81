import { type Check, duration, flag, object, oneOf, optional, positive, verify } from '../core/options.js';
import type { Start } from './choose-strategy-starts.js';
import { type Profile, type Row, rows } from './choose-strategy-table.js';

export type { Start, StartOf } from './choose-strategy-starts.js';

/** What a release needs, and what there is for it. */
export interface Needs {
  /** How much harm a bad model may do before it is stopped. */
  readonly riskTolerance: 'low' | 'medium' | 'high';
  /** Whether both models can be loaded at a time. Prompts and models behind a network call can. */
  readonly twoCopies: boolean;
  /** What is known of a request afterwards: `'operational'`, errors and latency; `'outcomes'`, also what came of it. */
  readonly feedback: 'operational' | 'outcomes';
  /** How long after a request its outcome is known. Default 0. Does not matter without outcomes. */
  readonly feedbackDelayMs?: number;
  readonly requestsPerDay: number;
  /** How much there may be to understand and to run. */
  readonly complexity: 'low' | 'medium' | 'high';
  /** To put one model in the place of another (default), to know which is better, or to earn the most all the time. */
  readonly goal?: 'replace' | 'compare' | 'optimize';
  /** Who may get the new model: anybody by chance (default), nobody outside of an audience, or whom rules name. */
  readonly access?: 'everybody' | 'hidden' | 'by-rule';
}

/** A strategy, or several as a pipeline, with what speaks for and against it. */
export interface Choice {
  readonly name: string;
  /** For the order only: points for the needs that it meets, less those that it does not. */
  readonly score: number;
  readonly reasons: readonly string[];
  readonly tradeOffs: readonly string[];
  /** Options to add, which are functions or yours to name. */
  readonly add: readonly string[];
  /** The rest of the options, as data. */
  readonly start: Start;
}

const needsCheck: Check = object({
  riskTolerance: oneOf('low', 'medium', 'high'),
  twoCopies: flag,
  feedback: oneOf('operational', 'outcomes'),
  feedbackDelayMs: optional(duration),
  requestsPerDay: positive,
  complexity: oneOf('low', 'medium', 'high'),
  goal: optional(oneOf('replace', 'compare', 'optimize')),
  access: optional(oneOf('everybody', 'hidden', 'by-rule')),
});

const hour = 3_600_000;
const day = 24 * hour;
const appetites = { low: 1, medium: 2, high: 3 } as const;

function profileOf(needs: Needs): Profile {
  const { requestsPerDay, feedbackDelayMs = 0, feedback } = needs;
  return {
    risk: needs.riskTolerance,
    goal: needs.goal ?? 'replace',
    access: needs.access ?? 'everybody',
    copies: needs.twoCopies ? 'two' : 'one',
    feedback,
    traffic: requestsPerDay < 1000 ? 'little' : requestsPerDay < 100_000 ? 'some' : 'much',
    // Errors and latency are known at once, however long other outcomes would take.
    delay:
      feedback === 'operational' || feedbackDelayMs <= hour ? 'soon' : feedbackDelayMs <= day ? 'same-day' : 'late',
  };
}

function isPossible({ requires }: Row, profile: Profile): boolean {
  return Object.entries(requires).every(([dimension, values]: [string, readonly string[]]) =>
    values.includes(profile[dimension as keyof Profile]),
  );
}

function choiceOf(row: Row, needs: Needs, profile: Profile): Choice {
  const fits = row.fits.filter(([dimension, values]) => (values as readonly string[]).includes(profile[dimension]));
  const excess = Math.max(0, row.complexity - appetites[needs.complexity]);
  const tooMuch = excess > 0 ? ['there is more to understand and to run than you want'] : [];
  const { riskTolerance, twoCopies, requestsPerDay, feedback, feedbackDelayMs = 0 } = needs;
  const waited = feedback === 'outcomes' ? feedbackDelayMs : 0;
  return {
    name: row.name,
    score: fits.reduce((sum, [, , points]) => sum + points, 0) - 3 * excess,
    reasons: fits.filter(([, , points]) => points > 0).map(([, , , why]) => why),
    tradeOffs: [...fits.filter(([, , points]) => points < 0).map(([, , , why]) => why), ...tooMuch, ...row.costs],
    add: row.add,
    start: row.start({ riskTolerance, twoCopies, requestsPerDay, feedbackDelayMs: waited }),
  };
}

/**
 * Ranks the strategies and pipelines that are possible, the best first, with reasons, trade-offs and options to begin
 * with.
 *
 * A table of points, not a measurement: read the reasons. There is always at least one, since a rolling update needs
 * nothing. Throws ConfigError.
 */
export function chooseStrategy(needs: Needs): readonly Choice[] {
  verify('chooseStrategy', 'needs', needs, needsCheck);
  const profile = profileOf(needs);
  const choices = rows.filter((row) => isPossible(row, profile)).map((row) => choiceOf(row, needs, profile));
  // A stable sort: between equals the simpler one, which stands first in the table.
  return choices.toSorted((a, b) => b.score - a.score);
}
