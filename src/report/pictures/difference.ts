import { amountAxis } from '../axes.js';
import { type Level, chartOf } from '../chart.js';
import { type PictureOptions, emptyDrawing, svgOf, widthOf } from '../drawing.js';
import { type TimeKind, type Unit, between, inUnit, short } from '../words.js';

/** How an arm compares with its control in one metric, over time. `ComparisonReport.series` is of this shape. */
export interface DifferenceData {
  readonly time: TimeKind;
  readonly metric: string;
  readonly arm: string;
  readonly control: string;
  /** Of the difference: `'points'` for rates. */
  readonly unit: Unit;
  readonly points: readonly {
    readonly at: number;
    readonly difference: number;
    /** Of a confidence sequence: it holds at all times together. */
    readonly interval: readonly [number, number] | null;
  }[];
  /** The difference that is put up with: under 0 where more is better. */
  readonly margin?: number;
}

/** The difference of an arm from its control with its confidence sequence, against the margin. */
export function differencePicture(data: DifferenceData, options: PictureOptions = {}): string {
  const width = widthOf(options);
  const { time, metric, arm, control, unit, margin } = data;
  const title = `${metric}: ${arm} against ${control}`;
  const points = data.points.filter(({ at, difference }) => Number.isFinite(at) && Number.isFinite(difference));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) {
    return svgOf(emptyDrawing(title, 'Nothing to compare yet.', width), options);
  }
  const levels: Level[] = [{ name: 'no difference', value: 0, kind: 'axis' }];
  if (margin !== undefined && Number.isFinite(margin) && margin !== 0) {
    levels.push({ name: `margin ${inUnit(margin, unit)}`, value: margin, kind: 'limit' });
  }
  const domain = domainOf(
    points,
    levels.map(({ value }) => value),
  );
  const band = points.flatMap(({ at, interval }) => (interval === null ? [] : [[at, ...interval] as const]));
  const name = unit === 'points' ? 'points' : unit === 'fraction' ? '%' : unit;
  const drawing = chartOf({
    title,
    description: `In the end ${inUnit(last.difference, unit)}, with an interval of ${between(last.interval, unit)}.`,
    width,
    below: { time, domain: [first.at, last.at] },
    left: (range) => amountAxis(domain, range, unit, `difference in ${metric}${name === '' ? '' : `, ${name}`}`),
    levels,
    curves: [
      {
        name: arm,
        value: short(unit === 'points' ? last.difference * 100 : last.difference),
        tone: 'tone-0',
        points: points.map(({ at, difference }) => [at, difference] as const),
        band,
      },
    ],
  });
  return svgOf(drawing, options);
}

/** Room for all differences, levels, and the later intervals: the first ones are so wide that nothing else could be seen. */
function domainOf(points: DifferenceData['points'], levels: readonly number[]): readonly [number, number] {
  const settled = points.slice(Math.floor(points.length / 4));
  const values = [
    ...levels,
    ...settled.map(({ difference }) => difference),
    ...settled.flatMap(({ interval }) => interval ?? []),
  ];
  return [Math.min(...values), Math.max(...values)];
}
