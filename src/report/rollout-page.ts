import type { ArmReport } from '../runtime/reporting/arm-report.js';
import type { ComparisonReport } from '../runtime/reporting/comparison-report.js';
import type { NodeReport, RolloutReport } from '../runtime/reporting/rollout-report.js';
import { wilson } from '../stats/tests/proportion-interval.js';
import { datedEpochs, exposuresOf, isBegunUnknown, pullsOf, sharesOf } from './epochs.js';
import { type Figure, type Page, type ReportOptions, type Section, tableOf } from './page.js';
import { regretOf } from './regret.js';
import { differenceUnit, marginOf, sharesIn, verdictsIn } from './rules.js';
import {
  differenceFigure,
  exposuresFigure,
  guardrailsFigure,
  latencyFigure,
  regretFigure,
  sharesFigure,
  timelineFigure,
} from './shared-figures.js';
import { type Unit, between, count, inUnit, momentText, short } from './words.js';

const comparisonsMax = 12;
const beginning = ' When the first ones began is not known any more: of them only a short piece is drawn.';

/** A live roll-out as a page: a section for each node. */
export function rolloutPage(report: RolloutReport, options: ReportOptions): Page {
  const { name, at, revision, stale, nodes, counters } = report;
  const dropped = Object.entries(counters).filter(([, value]) => value > 0);
  return {
    title: options.title ?? name,
    sentences: [
      `As of ${momentText(at, 'utc')} UTC, revision ${revision}.`,
      ...(stale ? ['The store does not answer: this is what was known last.'] : []),
      ...(dropped.length > 0
        ? [`Counted: ${dropped.map(([key, value]) => `${key} ${count(value)}`).join(', ')}.`]
        : []),
    ],
    sections: nodes.map((node) => sectionOf(node, at, options)),
  };
}

function sectionOf(node: NodeReport, now: number, options: ReportOptions): Section {
  const epochs = datedEpochs(node);
  const exposures = exposuresOf(
    epochs,
    node.arms.map(({ arm }) => arm),
    now,
  );
  const last = node.history.findLast(({ facts }) => verdictsIn(facts).length > 0);
  const isNow = node.verdicts.length > 0;
  const verdicts = isNow ? node.verdicts : last === undefined ? [] : verdictsIn(last.facts);
  const rules = [...verdicts, ...node.history.flatMap(({ facts }) => verdictsIn(facts))];
  const when = isNow || last === undefined ? 'by now' : `when it last decided, on ${momentText(last.at, 'utc')}`;
  const events = node.history.map(({ at, node: of, from, to, why, alert }) => {
    return { at, node: of, from, to, why, isAlert: alert !== undefined };
  });
  const from = epochs[0]?.began ?? now;
  const shares = sharesOf(epochs, node, now);
  const isCounted = node.arms.some(({ exposed, outcomes }) => exposed + outcomes > 0);
  return {
    title: `${node.node} · ${node.kind}`,
    sentences: [...stateOf(node), ...(isCounted ? [] : ['Nothing was counted of its own arms.'])],
    figures: [
      ...(shares.points.length > 0
        ? [sharesFigure(shares, isBegunUnknown(node) || epochs.length === 0 ? beginning : '')]
        : []),
      timelineFigure({ time: 'utc', events, from, until: now }),
      ...differences(node, rules, options),
      ...(verdicts.length > 0 || node.stop !== undefined ? [guardrailsFigure(verdicts, node.stop, when)] : []),
      // A node that hands all requests on, or has had none, has nothing to show here.
      ...(isCounted
        ? [
            exposuresFigure(exposures),
            latencyFigure({ arms: node.arms.map(({ arm, latencyMs }) => ({ arm, ...latencyMs })) }),
          ]
        : []),
      ...regrets(node, exposures, verdicts, options),
      armsFigure(node, options),
    ],
  };
}

/** Where a node stands, in sentences. */
export function stateOf(node: Pick<NodeReport, 'phase' | 'settled' | 'stable' | 'waitingFor'>): readonly string[] {
  const { phase, settled, stable, waitingFor } = node;
  const waits = waitingFor.length > 0 ? [`It waits for ${waitingFor.join('; ')}.`] : [];
  return [`${sentenceCase(settled ?? phase)}. The stable model is ${stable}.`, ...waits];
}

const sentenceCase = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1).replaceAll('-', ' ')}`;

/** A rate has the interval of Wilson, which no mean of amounts has: the report does not say which of the two a metric is. */
function isRate(metric: string, arms: readonly ArmReport[]): boolean {
  const found = arms.map(({ metrics }) => metrics[metric]).find((estimate) => (estimate?.n ?? 0) > 1);
  if (found?.interval === undefined || found.interval === null || found.value === null) return false;
  if (!(found.value >= 0 && found.value <= 1)) return false;
  const { lower, upper } = wilson(found.value * found.n, found.n, 0.95);
  return Math.abs(lower - found.interval[0]) < 1e-9 && Math.abs(upper - found.interval[1]) < 1e-9;
}

function differences(
  { comparisons, arms }: NodeReport,
  rules: Parameters<typeof marginOf>[0],
  { units = {}, margins = {} }: ReportOptions,
): readonly Figure[] {
  const shown = comparisons.filter(({ series }) => series.some(({ interval }) => interval !== null));
  return shown.slice(0, comparisonsMax).map((comparison) => {
    const { metric, arm, control, better, controlMean, series } = comparison;
    const given = margins[metric];
    const margin =
      marginOf(rules, metric, better, controlMean) ??
      (given === undefined ? undefined : better === 'higher' ? -given : given);
    return differenceFigure({
      time: 'utc',
      metric,
      arm,
      control,
      unit: differenceUnit(metric, isRate(metric, arms), units),
      points: series,
      ...(margin !== undefined && { margin }),
    });
  });
}

/** Of nodes that tell of new shares: bandits. */
function regrets(
  { arms, history, comparisons }: NodeReport,
  exposures: ReturnType<typeof exposuresOf>,
  verdicts: readonly { readonly rule: string }[],
  { units = {} }: ReportOptions,
): readonly Figure[] {
  if (!history.some(({ from, to, facts }) => from === to && sharesIn(facts) !== undefined)) return [];
  const metrics = Object.keys(arms[0]?.metrics ?? {});
  const rewards = metrics.filter((metric) =>
    arms.some(({ arm }) => verdicts.some(({ rule }) => rule === `${metric} of ${arm}`)),
  );
  return (rewards.length > 0 ? rewards : metrics.slice(0, 1)).map((metric) => {
    const means = arms.flatMap(({ arm, metrics: of }) => {
      const value = of[metric]?.value ?? null;
      return value === null ? [] : [[arm, value] as const];
    });
    const better = comparisons.find((comparison: ComparisonReport) => comparison.metric === metric)?.better;
    const unit: Unit = isRate(metric, arms) ? 'count' : (units[metric] ?? '');
    const points = means.length > 0 ? regretOf(pullsOf(exposures), Object.fromEntries(means), better) : [];
    return regretFigure({ time: 'utc', metric, unit, points });
  });
}

function armsFigure({ arms }: NodeReport, { units = {} }: ReportOptions): Figure {
  const metrics = Object.keys(arms[0]?.metrics ?? {});
  return {
    title: 'Arms',
    caption: 'What was counted of each arm, with 95 % intervals for reading; arms are compared above, never here.',
    table: tableOf(
      ['arm', '>share', '>exposed', '>units', '>outcomes', '>errors', ...metrics.map((metric) => `>${metric}`)],
      arms.map(({ arm, share, exposed, units: different, outcomes, errors, metrics: of }) => [
        arm,
        share === null ? 'gone' : inUnit(share, 'fraction'),
        count(exposed),
        count(different),
        count(outcomes),
        inUnit(errors.value, 'fraction'),
        ...metrics.map((metric) => {
          const unit: Unit = isRate(metric, arms) ? 'fraction' : (units[metric] ?? '');
          const estimate = of[metric];
          if (estimate?.value === undefined || estimate.value === null) return short(Number.NaN);
          return `${inUnit(estimate.value, unit)} (${between(estimate.interval, unit)})`;
        }),
      ]),
      'There are no arms.',
    ),
  };
}
