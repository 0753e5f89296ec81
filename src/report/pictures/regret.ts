import { amountAxis } from '../axes.js';
import { chartOf } from '../chart.js';
import { type PictureOptions, emptyDrawing, svgOf, widthOf } from '../drawing.js';
import { type TimeKind, type Unit, inUnit } from '../words.js';

/** What was lost to the best arm, by moments. */
export interface RegretData {
  readonly time: TimeKind;
  readonly metric: string;
  readonly unit: Unit;
  /** `even` is what equal shares would have lost on the same requests. */
  readonly points: readonly { readonly at: number; readonly regret: number; readonly even: number }[];
}

/** Cumulative regret beside that of equal shares: a bandit that learns bends away from the straight line. */
export function regretPicture({ time, metric, unit, points }: RegretData, options: PictureOptions = {}): string {
  const width = widthOf(options);
  const title = `Cumulative regret in ${metric}`;
  const known = points.filter(({ at, regret, even }) => [at, regret, even].every((value) => Number.isFinite(value)));
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined) {
    return svgOf(emptyDrawing(title, 'No rewards came yet.', width), options);
  }
  const highest = Math.max(...known.flatMap(({ regret, even }) => [regret, even]));
  const drawing = chartOf({
    title,
    description: `${inUnit(last.regret, unit)} lost in the end; equal shares would have lost ${inUnit(last.even, unit)}.`,
    width,
    below: { time, domain: [first.at, last.at] },
    left: (range) =>
      amountAxis([0, highest > 0 ? highest : 1], range, unit, `lost ${metric}${unit === 'count' ? '' : `, ${unit}`}`),
    curves: [
      {
        name: 'regret',
        value: inUnit(last.regret, unit),
        tone: 'tone-0',
        points: known.map(({ at, regret }) => [at, regret]),
      },
      {
        name: 'equal shares',
        tone: 'quiet',
        isDashed: true,
        points: known.map(({ at, even }) => [at, even]),
      },
    ],
  });
  return svgOf(drawing, options);
}
