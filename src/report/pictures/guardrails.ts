import { logAxis } from '../axes.js';
import { type PictureOptions, emptyDrawing, svgOf, widthOf } from '../drawing.js';
import { type Row, bar, dot, rowChartOf } from '../rows.js';
import { inUnit, short, spentText } from '../words.js';

/** Where rules stand. */
export interface GuardrailsData {
  readonly rules: readonly {
    readonly rule: string;
    readonly outcome: string;
    /** Alpha times e-value, a fraction of what decides; absent for a rule without. */
    readonly spent?: number;
  }[];
  /** Of all guardrails together: `stop` of a node. */
  readonly stop?: { readonly alpha: number; readonly spent: number };
}

const least = 1e-4;

/** How much of its alpha each rule has spent, and all of them together; at 100 % they decide. */
export function guardrailsPicture({ rules, stop }: GuardrailsData, options: PictureOptions = {}): string {
  const width = widthOf(options);
  const title = 'Alpha that is spent';
  if (rules.length === 0 && stop === undefined) {
    return svgOf(emptyDrawing(title, 'No rule has judged yet.', width), options);
  }
  const rows = [
    ...rules.map(({ rule, outcome, spent }) => rowOf(rule, spent, outcome, outcome === 'fail' ? 'tone-1' : 'tone-0')),
    ...(stop === undefined
      ? []
      : [rowOf('all guardrails together', stop.spent, `of ${inUnit(stop.alpha, 'fraction')}`, 'quiet')]),
  ];
  const drawing = rowChartOf({
    title,
    description: rows.map(({ name, value }) => `${name}: ${value}.`).join(' '),
    width,
    axis: (range) => logAxis([least, 1], range, (value) => short(value * 100), 'alpha spent, % (100 decides)'),
    rows,
    limits: [1],
  });
  return svgOf(drawing, options);
}

function rowOf(name: string, spent: number | undefined, outcome: string, tone: string): Row {
  const isKnown = spent !== undefined && Number.isFinite(spent);
  // The axis holds what is more or less than it shows at its ends.
  const part = isKnown ? spent : least;
  const amount = isKnown ? spentText(spent) : '';
  return {
    name,
    value: amount === '' ? outcome : outcome.startsWith('of ') ? `${amount} ${outcome}` : `${amount}, ${outcome}`,
    draw: (y, axis) => (isKnown ? [bar(axis, least, part, y, tone), dot(axis, part, y, tone)] : []),
  };
}
