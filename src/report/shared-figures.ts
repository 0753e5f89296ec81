import type { Verdict } from '../analysis/verdict.js';
import { type Figure, courseRows, tableOf } from './page.js';
import { type DifferenceData, differencePicture } from './pictures/difference.js';
import { type ExposuresData, exposuresPicture } from './pictures/exposures.js';
import { type GuardrailsData, guardrailsPicture } from './pictures/guardrails.js';
import { type LatencyData, latencyPicture } from './pictures/latency.js';
import { type RegretData, regretPicture } from './pictures/regret.js';
import { type SharesData, sharesPicture } from './pictures/shares.js';
import { type TimelineData, timelinePicture } from './pictures/timeline.js';
import { spentOf } from './rules.js';
import { between, count, inUnit, momentText, short, spentText } from './words.js';

// Figures that a live roll-out and a simulated one have in common: a picture, how it is read, and the same as a table.

export function sharesFigure(data: SharesData, note = ''): Figure {
  const arms = [...new Set(data.points.flatMap(({ shares }) => Object.keys(shares)))];
  return {
    title: 'Shares',
    caption: `Which fraction of the units each arm was given.${note}`,
    isWide: true,
    draw: (options) => sharesPicture(data, options),
    table: tableOf(
      ['from', ...arms.map((arm) => `>${arm}`)],
      courseRows(data.points, ({ at, shares }) => [
        momentText(at, data.time),
        ...arms.map((arm) => inUnit(shares[arm] ?? 0, 'fraction')),
      ]),
      'No shares are known.',
    ),
  };
}

export function timelineFigure(data: TimelineData): Figure {
  return {
    title: 'What happened',
    caption: 'Changes and alerts, each with its reason; time runs down.',
    isWide: true,
    draw: (options) => timelinePicture(data, options),
    table: tableOf(
      ['when', 'node', 'what', 'why'],
      data.events
        .slice(-100)
        .map(({ at, node: of, from, to, why, isAlert }) => [
          momentText(at, data.time),
          of,
          isAlert === true ? 'alert' : from === to ? 'new shares' : `${from} → ${to}`,
          why,
        ]),
      'Nothing has happened yet.',
    ),
  };
}

export function exposuresFigure(data: ExposuresData): Figure {
  const arms = Object.keys(data.points.at(-1)?.counts ?? {});
  return {
    title: 'Exposures',
    caption: 'How many requests each arm had been given by then.',
    draw: (options) => exposuresPicture(data, options),
    table: tableOf(
      ['by', ...arms.map((arm) => `>${arm}`)],
      courseRows(data.points, ({ at, counts }) => [
        momentText(at, data.time),
        ...arms.map((arm) => count(counts[arm] ?? 0)),
      ]),
      'Nobody was exposed yet.',
    ),
  };
}

export function latencyFigure(data: LatencyData): Figure {
  return {
    title: 'Latency',
    caption: 'Median (large dot), 95th and 99th percentile (small dot) of the calls of each arm.',
    draw: (options) => latencyPicture(data, options),
    table: tableOf(
      ['arm', '>p50, ms', '>p95, ms', '>p99, ms'],
      data.arms.map(({ arm, p50, p95, p99 }) => [arm, ...[p50, p95, p99].map((value) => short(value ?? Number.NaN))]),
      'No latency was measured.',
    ),
  };
}

export function differenceFigure(data: DifferenceData): Figure {
  const { time, metric, arm, control, unit, points } = data;
  const where = data.margin === undefined ? '' : ' The dashed line is the margin that is put up with.';
  return {
    title: `${metric}: ${arm} against ${control}`,
    caption: `The difference with its confidence sequence, which holds at all times together.${where}`,
    draw: (options) => differencePicture(data, options),
    table: tableOf(
      ['by', '>difference', '>interval'],
      courseRows(points.filter(isNews), ({ at, difference, interval }) => [
        momentText(at, time),
        inUnit(difference, unit),
        between(interval, unit),
      ]),
      'Nothing to compare yet.',
    ),
  };
}

/** A look that saw nothing new is no row. */
function isNews(
  { difference, interval }: DifferenceData['points'][number],
  index: number,
  points: DifferenceData['points'],
): boolean {
  const before = points[index - 1];
  return before?.difference !== difference || before.interval?.join() !== interval?.join();
}

export function guardrailsFigure(
  verdicts: readonly Omit<Verdict, 'n'>[],
  stop: GuardrailsData['stop'],
  when: string,
): Figure {
  const rules = verdicts.map((verdict) => {
    const spent = spentOf(verdict);
    return { rule: verdict.rule, outcome: verdict.outcome, ...(spent !== undefined && { spent }) };
  });
  const data = { rules, ...(stop !== undefined && { stop }) };
  return {
    title: 'Rules',
    caption: `How much of its alpha each rule had spent ${when}. At 100 % it decides.`,
    draw: (options) => guardrailsPicture(data, options),
    table: tableOf(
      ['rule', 'verdict', '>alpha spent', 'why'],
      [
        ...verdicts.map((verdict) => [verdict.rule, verdict.outcome, spentText(spentOf(verdict)), verdict.reason]),
        ...(stop === undefined
          ? []
          : [['all guardrails together', '', spentText(stop.spent), `of an alpha of ${short(stop.alpha)}`]]),
      ],
      'No rule has judged yet.',
    ),
  };
}

export function regretFigure(data: RegretData): Figure {
  const { time, metric, unit, points } = data;
  return {
    title: 'Regret',
    caption: `What was lost in ${metric} to the arm that is best in the end, by the means in the end, beside what equal shares would have lost.`,
    draw: (options) => regretPicture(data, options),
    table: tableOf(
      ['by', '>regret', '>equal shares'],
      courseRows(points, ({ at, regret, even }) => [momentText(at, time), inUnit(regret, unit), inUnit(even, unit)]),
      'No rewards came yet.',
    ),
  };
}
