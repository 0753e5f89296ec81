import { stack, stackOrderNone } from 'd3-shape';
import { amountAxis } from '../axes.js';
import { type Chart, chartOf } from '../chart.js';
import { type PictureOptions, emptyDrawing, svgOf, widthOf } from '../drawing.js';
import { toneOf } from '../style.js';
import { type TimeKind, inUnit } from '../words.js';

/** The shares of a node, whenever they changed. */
export interface SharesData {
  readonly time: TimeKind;
  /** In the order of time; a share is a fraction, and holds until the next point. */
  readonly points: readonly { readonly at: number; readonly shares: Readonly<Record<string, number>> }[];
  /** Where the picture ends. */
  readonly until: number;
}

/** Shares over time, one upon the other, the control on top. */
export function sharesPicture({ time, points, until }: SharesData, options: PictureOptions = {}): string {
  const width = widthOf(options);
  const title = 'Shares over time';
  const known = points.filter(({ at }) => Number.isFinite(at));
  const [first] = known;
  const arms = [...new Set(known.flatMap(({ shares }) => Object.keys(shares)))];
  if (first === undefined || arms.length === 0) {
    return svgOf(emptyDrawing(title, 'No shares are known of any time.', width), options);
  }
  const last = known.at(-1) ?? first;
  const rows = [...known, { at: Math.max(until, last.at), shares: last.shares }];
  const layers = stack<(typeof rows)[number], string>()
    .keys(arms)
    .value(({ shares }, arm) => shares[arm] ?? 0)
    .order(stackOrderNone)(rows);
  const curves = layers.map((layer, index): Chart['curves'][number] => {
    const ends = layer.map(([low, high], at) => [rows[at]?.at ?? first.at, low, high] as const);
    const [, low = 0, high = 0] = ends.at(-1) ?? [];
    const share = last.shares[layer.key] ?? 0;
    return {
      name: layer.key,
      value: inUnit(share, 'fraction'),
      tone: toneOf(index, layers.length),
      points: index === layers.length - 1 ? [] : ends.map(([at, , upper]) => [at, upper] as const),
      band: ends,
      isStepped: true,
      labelAt: (low + high) / 2,
    };
  });
  const description = `${arms.map((arm) => `${arm} ${inUnit(last.shares[arm] ?? 0, 'fraction')}`).join(', ')} in the end, after ${known.length} settings.`;
  const drawing = chartOf({
    title,
    description,
    width,
    below: { time, domain: [first.at, Math.max(until, last.at)] },
    left: (range) => amountAxis([0, 1], range, 'fraction', 'share of units, %'),
    curves,
  });
  return svgOf(drawing, options);
}
