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
import { between, count, inUnit, momentText, short } from './words.js';

// Figures that a live roll-out and a simulated one have in common: a picture, how it is read, and the same as a table.

export function sharesFigure(node: string, data: SharesData): Figure {
  const arms = [...new Set(data.points.flatMap(({ shares }) => Object.keys(shares)))];
  return {
    title: `${node}: shares`,
    caption: 'Which fraction of the units each arm was given.',
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

export function timelineFigure(node: string, data: TimelineData): Figure {
  return {
    title: `${node}: what happened`,
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

export function exposuresFigure(node: string, data: ExposuresData): Figure {
  const arms = Object.keys(data.points.at(-1)?.counts ?? {});
  return {
    title: `${node}: exposures`,
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

export function latencyFigure(node: string, data: LatencyData): Figure {
  return {
    title: `${node}: latency`,
    caption: 'Median (large dot), 95th and 99th percentile (small dot) of the calls of each arm.',
    draw: (options) => latencyPicture(data, options),
    table: tableOf(
      ['arm', '>p50, ms', '>p95, ms', '>p99, ms'],
      data.arms.map(({ arm, p50, p95, p99 }) => [arm, ...[p50, p95, p99].map((value) => short(value ?? Number.NaN))]),
      'No latency was measured.',
    ),
  };
}

export function differenceFigure(node: string, data: DifferenceData): Figure {
  const { time, metric, arm, control, unit, points } = data;
  const where = data.margin === undefined ? '' : ' The dashed line is the margin that is put up with.';
  return {
    title: `${node}: ${metric}, ${arm} against ${control}`,
    caption: `The difference with its confidence sequence, which holds at all times together.${where}`,
    draw: (options) => differencePicture(data, options),
    table: tableOf(
      ['by', '>difference', '>interval'],
      courseRows(points, ({ at, difference, interval }) => [
        momentText(at, time),
        inUnit(difference, unit),
        between(interval, unit),
      ]),
      'Nothing to compare yet.',
    ),
  };
}

export function guardrailsFigure(
  node: string,
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
    title: `${node}: rules`,
    caption: `How much of its alpha each rule has spent ${when}: at 100 % it decides.`,
    draw: (options) => guardrailsPicture(data, options),
    table: tableOf(
      ['rule', 'verdict', '>alpha spent', 'why'],
      [
        ...verdicts.map((verdict) => [
          verdict.rule,
          verdict.outcome,
          inUnit(spentOf(verdict), 'fraction'),
          verdict.reason,
        ]),
        ...(stop === undefined
          ? []
          : [['all guardrails together', '', inUnit(stop.spent, 'fraction'), `of an alpha of ${short(stop.alpha)}`]]),
      ],
      'No rule has judged yet.',
    ),
  };
}

export function regretFigure(node: string, data: RegretData): Figure {
  const { time, metric, unit, points } = data;
  return {
    title: `${node}: regret`,
    caption: `What was lost in ${metric} to the arm that is best in the end, by the means in the end, beside what equal shares would have lost.`,
    draw: (options) => regretPicture(data, options),
    table: tableOf(
      ['by', '>regret', '>equal shares'],
      courseRows(points, ({ at, regret, even }) => [momentText(at, time), inUnit(regret, unit), inUnit(even, unit)]),
      'No rewards came yet.',
    ),
  };
}
