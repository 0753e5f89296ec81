import { TurnoutError } from '../core/errors.js';
import type { Issue } from '../core/errors.js';
import { isObject } from '../core/json.js';
import { type Check, must } from '../core/options.js';
import type { Measure } from './measure.js';

/** The claim that an arm's mean lies above, or below, `factor` times the control's plus `margin`, in the metric's unit. */
export interface Bound {
  readonly side: 'above' | 'below';
  readonly factor: number;
  readonly margin: number;
}

/** How far from the control an arm may be: in the metric's unit, or as a fraction of the control. */
export interface Margins {
  readonly margin?: number;
  readonly relativeMargin?: number;
}

/** A margin of a gate, which must leave some room: nothing is ever shown to be exactly as good. */
export const roomCheck = must('a number over 0', (value) => typeof value === 'number' && value > 0 && value < Infinity);

/** What holds between the margins of a gate: one of them, and for a latency the relative one. */
export const oneMargin =
  (metric: string): Check =>
  (value, path, issues: Issue[]) => {
    const { margin, relativeMargin, quantile } = isObject(value) ? value : {};
    if ((margin === undefined) === (relativeMargin === undefined)) {
      issues.push({ path, message: 'must have either margin or relativeMargin, such as { relativeMargin: 0.05 }.' });
    }
    if (margin !== undefined && metric === 'latency') {
      issues.push({
        path: `${path}.margin`,
        message: "must be left out for 'latency': use relativeMargin, such as 0.1.",
      });
    }
    if (quantile !== undefined && metric !== 'latency') {
      issues.push({ path: `${path}.quantile`, message: "must be left out for all metrics but 'latency'." });
    }
  };

/** The claim of being better at all. */
export function betterBound({ better }: Measure): Bound {
  return { side: better === 'higher' ? 'above' : 'below', factor: 1, margin: 0 };
}

/** The claim that the mean is above the control less the margins. */
function lowest({ margin = 0, relativeMargin = 0 }: Margins): Bound {
  return { side: 'above', factor: 1 - relativeMargin, margin: -margin };
}

/** The claim that the mean is below the control plus the margins. */
function highest({ margin = 0, relativeMargin = 0 }: Margins): Bound {
  return { side: 'below', factor: 1 + relativeMargin, margin };
}

/** The claim of being worse by less than a margin. */
export function nonInferiorBound({ name, better }: Measure, margins: Margins): Bound {
  if (better === 'lower') return highest(margins);
  if (!((margins.relativeMargin ?? 0) < 1)) {
    throw new TurnoutError('domain', `relativeMargin must be under 1 where less of '${name}' is worse.`);
  }
  return lowest(margins);
}

/** The two claims of differing by less than a margin either way. */
export function equivalenceBounds(margins: Margins): readonly [Bound, Bound] {
  return [lowest(margins), highest(margins)];
}
