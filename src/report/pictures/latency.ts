import { logAxis } from '../axes.js';
import { type PictureOptions, emptyDrawing, svgOf, widthOf } from '../drawing.js';
import { bar, dot, rowChartOf } from '../rows.js';
import { toneOf } from '../style.js';
import { short } from '../words.js';

/** Latency quantiles in milliseconds by arm; `null` where nothing was measured. */
export interface LatencyData {
  readonly arms: readonly {
    readonly arm: string;
    readonly p50: number | null;
    readonly p95: number | null;
    readonly p99: number | null;
  }[];
}

/** Below a tenth of a millisecond nobody waits. */
const least = 0.1;

/** The median, 95th and 99th percentile of each arm's latency, on a logarithmic axis. */
export function latencyPicture({ arms }: LatencyData, options: PictureOptions = {}): string {
  const width = widthOf(options);
  const title = 'Latency quantiles';
  const rows = arms.flatMap(({ arm, p50, p95, p99 }) => {
    if (p50 === null || p95 === null || p99 === null) return [];
    const found = [p50, p95, p99];
    return found.every((value) => Number.isFinite(value)) ? [{ arm, found: [p50, p95, p99] as const }] : [];
  });
  const all = rows.flatMap(({ found }) => found);
  if (rows.length === 0) return svgOf(emptyDrawing(title, 'No latency was measured.', width), options);
  const [low, high] = [Math.max(least, Math.min(...all)), Math.max(least, ...all)];
  const drawing = rowChartOf({
    title,
    description: rows.map(({ arm, found }) => `${arm}: ${found.map((value) => short(value)).join(', ')} ms.`).join(' '),
    width,
    axis: (range) =>
      logAxis([powerBelow(low), powerAbove(high)], range, (value) => short(value), 'latency, ms: p50, p95, p99'),
    rows: rows.map(({ arm, found }, index) => ({
      name: arm,
      value: `${found.map((value) => short(value)).join(' · ')} ms`,
      draw: (y, axis) => {
        const tone = toneOf(index, rows.length);
        const [p50, p95, p99] = found;
        return [
          bar(axis, p50, p99, y, tone),
          dot(axis, p50, y, tone, 5),
          dot(axis, p95, y, tone),
          dot(axis, p99, y, tone, 3),
        ];
      },
    })),
  });
  return svgOf(drawing, options);
}

const powerBelow = (value: number) => 10 ** Math.floor(Math.log10(value));
const powerAbove = (value: number) => 10 ** Math.ceil(Math.log10(value * 1.0001));
