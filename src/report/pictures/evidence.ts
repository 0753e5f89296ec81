import { logAxis } from '../axes.js';
import { chartOf } from '../chart.js';
import { type PictureOptions, emptyDrawing, svgOf, widthOf } from '../drawing.js';
import { type TimeKind, inUnit, short } from '../words.js';

/** How near rules were to their decision, over time. */
export interface EvidenceData {
  readonly time: TimeKind;
  readonly rules: readonly {
    readonly rule: string;
    /** `spent`: alpha times e-value, a fraction of what decides. */
    readonly points: readonly { readonly at: number; readonly spent: number }[];
  }[];
}

/** What is less than this is drawn as this: nothing happens there. */
const least = 1e-3;
const rulesMax = 6;

/** The part of its alpha that each rule has spent, over time; at 1 it decides. */
export function evidencePicture({ time, rules }: EvidenceData, options: PictureOptions = {}): string {
  const width = widthOf(options);
  const title = 'Alpha that is spent, over time';
  const curves = rules
    .map(({ rule, points }) => ({ rule, points: points.filter(({ spent }) => Number.isFinite(spent)) }))
    .filter(({ points }) => points.length > 0)
    .sort((a, b) => most(b.points) - most(a.points))
    .slice(0, rulesMax);
  if (curves.length === 0) {
    return svgOf(emptyDrawing(title, 'No rule has judged evidence yet.', width), options);
  }
  const times = curves.flatMap(({ points }) => points.map(({ at }) => at));
  const drawing = chartOf({
    title,
    description: curves
      .map(({ rule, points }) => `${rule} came to ${inUnit(most(points), 'fraction')} of what decides.`)
      .join(' '),
    width,
    below: { time, domain: [Math.min(...times), Math.max(...times)] },
    left: (range) => logAxis([least, 2], range, (value) => short(value * 100), 'alpha spent, % (100 decides)'),
    levels: [{ name: 'decides', value: 1, kind: 'limit' }],
    curves: curves.map(({ rule, points }, index) => ({
      name: rule,
      tone: `tone-${index}`,
      points: points.map(({ at, spent }) => [at, Math.max(least, Math.min(2, spent))] as const),
    })),
  });
  return svgOf(drawing, options);
}

const most = (points: EvidenceData['rules'][number]['points']) => Math.max(...points.map(({ spent }) => spent));
