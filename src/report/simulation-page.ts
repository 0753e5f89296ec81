import type { NodeStatus } from '../runtime/status.js';
import type { SimulationResult, VerdictSeries } from '../simulate/result.js';
import { type Figure, type Page, type ReportOptions, type Section, courseRows, tableOf } from './page.js';
import { evidencePicture } from './pictures/evidence.js';
import { regretOf } from './regret.js';
import { stateOf } from './rollout-page.js';
import { differenceUnit, ruleNameOf, sharesIn, spentOf } from './rules.js';
import {
  differenceFigure,
  exposuresFigure,
  guardrailsFigure,
  latencyFigure,
  regretFigure,
  sharesFigure,
  timelineFigure,
} from './shared-figures.js';
import { count, durationText, inUnit, momentText, short, spentText } from './words.js';

const time = 'since-start';

/** A simulated roll-out as a page: a section for each node, and the harm that was done. */
export function simulationPage(result: SimulationResult, options: ReportOptions): Page {
  const { name, seed, ranMs, reference, requests, settled, status } = result;
  const end =
    settled === undefined
      ? 'It was not decided'
      : `It was ${settled.as === 'promoted' ? 'promoted' : 'rolled back'} after ${durationText(settled.atMs)}`;
  return {
    title: options.title ?? name,
    sentences: [
      `Simulated: ${durationText(ranMs)} from ${momentText(result.startMs, 'utc')} UTC, seed ${seed}. ${end}.`,
      `${count(requests.served)} requests were served, ${count(requests.lost)} lost. Harm is measured against ${reference}.`,
    ],
    sections: [...flat(status).map((node) => sectionOf(node, result, options)), modelsSection(result, options)],
  };
}

function flat(node: NodeStatus<string>): readonly NodeStatus<string>[] {
  return [node, ...node.children.flatMap(flat)];
}

function sectionOf(status: NodeStatus<string>, result: SimulationResult, options: ReportOptions): Section {
  const { node } = status;
  const { ranMs } = result;
  const of = <T extends { readonly node?: string }>(items: readonly T[]) => items.filter((item) => item.node === node);
  const shares = of(result.shares)[0]?.points ?? [];
  // Everywhere in the order of the plan, the control last: so an arm has one colour.
  const order = Object.keys(status.shares);
  const placeOf = (arm: string) => (order.includes(arm) ? order.indexOf(arm) : order.length);
  const inOrder = (counts: readonly (readonly [string, number])[]) =>
    Object.fromEntries([...counts].sort(([a], [b]) => placeOf(a) - placeOf(b)));
  const events = [
    ...of(result.timeline).map(({ atMs, from, to, why }) => ({ at: atMs, node, from, to, why })),
    ...of(result.alerts).map(({ atMs, why }) => ({ at: atMs, node, from: '', to: '', why, isAlert: true })),
  ].sort((a, b) => a.at - b.at);
  const samples = result.samples.flatMap(({ atMs, arms }) =>
    arms[node] === undefined ? [] : [{ atMs, arms: arms[node] }],
  );
  const verdicts = of(result.verdicts);
  const exposures = samples.map(({ atMs, arms }) => {
    return { at: atMs, counts: inOrder(Object.entries(arms).map(([arm, { exposed }]) => [arm, exposed])) };
  });
  const arms = [...of(result.arms)].sort((a, b) => placeOf(a.arm) - placeOf(b.arm));
  return {
    title: `${node} · ${status.kind}`,
    sentences: stateOf(status),
    figures: [
      sharesFigure({
        time,
        until: ranMs,
        points: shares.map(({ atMs, shares: at }) => ({ at: atMs, shares: at })),
      }),
      timelineFigure({ time, events, from: 0, until: ranMs }),
      ...differences(verdicts, Object.keys(status.shares), options),
      ...rulesFigures(verdicts, status),
      exposuresFigure({ time, points: exposures }),
      latencyFigure({ arms: arms.map(({ arm, latencyMs }) => ({ arm, ...latencyMs })) }),
      ...regrets(node, samples, result, options),
    ],
  };
}

/** One for each rule that compares and says an interval. */
function differences(
  series: readonly VerdictSeries[],
  arms: readonly string[],
  { units = {}, margins = {} }: ReportOptions,
): readonly Figure[] {
  return series.flatMap(({ rule, points }) => {
    const name = ruleNameOf(rule);
    const judged = points.filter(({ interval, estimate }) => interval !== undefined && estimate !== undefined);
    const last = judged.at(-1);
    if (name === undefined || last === undefined) return [];
    const isRate = / % against /.test(last.reason);
    // Of what is worse the sign of the difference tells: a rule that has failed has seen it, the others say it of more and less.
    const size = name.margin ?? margins[name.metric];
    const margin = size === undefined ? undefined : alwaysLower.has(name.metric) ? size : -size;
    return [
      differenceFigure({
        time,
        metric: name.metric,
        // A verdict does not name its arm: of two it can be but one.
        arm: arms.length === 2 ? (arms[0] as string) : 'the arm',
        control: arms.length === 2 ? (arms[1] as string) : 'its control',
        unit: differenceUnit(name.metric, isRate, units),
        points: judged.map(({ atMs, estimate = 0, interval = null }) => ({ at: atMs, difference: estimate, interval })),
        ...(margin !== undefined && { margin }),
      }),
    ];
  });
}

const alwaysLower = new Set(['error', 'latency', 'mismatch']);

function rulesFigures(series: readonly VerdictSeries[], { stop }: NodeStatus<string>): readonly Figure[] {
  const rules = series.flatMap(({ rule, points }) => {
    const spent = points.flatMap((point) => {
      const part = spentOf(point);
      return part === undefined ? [] : [{ at: point.atMs, spent: part }];
    });
    return spent.length === 0 ? [] : [{ rule, points: spent }];
  });
  if (series.length === 0) return [];
  const last = series.flatMap(({ rule, points }) => {
    const point = points.at(-1);
    return point === undefined ? [] : [{ ...point, rule }];
  });
  const course: Figure = {
    title: 'Alpha spent over time',
    caption: 'Alpha times e-value of each rule: at 100 % it decides, whenever one looks.',
    draw: (options) => evidencePicture({ time, rules }, options),
    table: tableOf(
      ['by', ...rules.map(({ rule }) => `>${rule}`)],
      courseRows(rules[0]?.points ?? [], ({ at }) => [
        momentText(at, time),
        ...rules.map(({ points }) => spentText(points.findLast((point) => point.at <= at)?.spent)),
      ]),
      'No rule has judged evidence yet.',
    ),
  };
  return [course, guardrailsFigure(last, stop, 'at the last look')];
}

type NodeSample = { readonly atMs: number; readonly arms: SimulationResult['samples'][number]['arms'][string] };

/** Of nodes that tell of new shares: bandits. */
function regrets(
  node: string,
  samples: readonly NodeSample[],
  { timeline, verdicts }: SimulationResult,
  { units = {} }: ReportOptions,
): readonly Figure[] {
  const tells = timeline.some((entry) => entry.node === node && entry.from === entry.to && sharesIn(entry.facts));
  const last = samples.at(-1);
  if (!tells || last === undefined) return [];
  const arms = Object.entries(last.arms);
  const metrics = [...new Set(arms.flatMap(([, { metrics: of }]) => Object.keys(of)))];
  const rewards = metrics.flatMap((metric) => {
    const rule = verdicts.find(
      (series) => series.node === node && arms.some(([arm]) => series.rule === `${metric} of ${arm}`),
    );
    return rule === undefined
      ? []
      : [{ metric, isRate: rule.points.some(({ reason }) => /mean [\d.e-]+ %/.test(reason)) }];
  });
  return rewards.map(({ metric, isRate }) => {
    const means = arms.flatMap(([arm, { exposed, metrics: of }]) => {
      return exposed > 0 ? [[arm, (of[metric]?.sum ?? 0) / exposed] as const] : [];
    });
    const pulls = samples.map(({ atMs, arms: at }) => {
      return { at: atMs, exposed: Object.fromEntries(Object.entries(at).map(([arm, { exposed }]) => [arm, exposed])) };
    });
    const points = means.length > 0 ? regretOf(pulls, Object.fromEntries(means)) : [];
    return regretFigure({ time, metric, unit: isRate ? 'count' : (units[metric] ?? ''), points });
  });
}

function modelsSection({ models, reference }: SimulationResult, { units = {} }: ReportOptions): Section {
  const entries = Object.entries(models);
  const metrics = [...new Set(entries.flatMap(([, { harm }]) => Object.keys(harm?.lost ?? {})))];
  return {
    title: 'Models and harm',
    sentences: [],
    figures: [
      {
        title: 'What each model did',
        caption: `Harm is what its requests lost by not being answered by ${reference}: over 0 is worse, under 0 better.`,
        table: tableOf(
          [
            'model',
            '>requests',
            '>users',
            '>failed',
            '>p50, ms',
            '>p99, ms',
            '>excess errors',
            ...metrics.map((metric) => `>lost ${metric}`),
          ],
          entries.map(([model, { exposed, units: users, errors, latencyMs, harm }]) => [
            model,
            count(exposed),
            count(users),
            count(errors),
            short(latencyMs.p50),
            short(latencyMs.p99),
            harm === undefined ? short(Number.NaN) : short(harm.excessErrors),
            ...metrics.map((metric) => inUnit(harm?.lost[metric], units[metric] ?? 'count')),
          ]),
          'No model was called.',
        ),
      },
    ],
  };
}
