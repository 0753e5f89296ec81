import type { RehearsalResult, ScenarioResult } from '../../simulate/rehearsal-result.js';
import { amountAxis, stageAxis } from '../axes.js';
import { chartOf } from '../chart.js';
import { type PictureOptions, emptyDrawing, svgOf, widthOf } from '../drawing.js';
import { bar, dot, rowChartOf } from '../rows.js';
import { count, inUnit, short } from '../words.js';

/** How many users each scenario gives a new model before the roll-out ends, on average. */
export function reachPicture({ scenarios }: Pick<RehearsalResult, 'scenarios'>, options: PictureOptions = {}): string {
  const width = widthOf(options);
  const title = 'Users reached';
  if (scenarios.length === 0) return svgOf(emptyDrawing(title, 'No scenario was rehearsed.', width), options);
  const highest = Math.max(1, ...scenarios.map(({ usersExposed }) => usersExposed.value));
  const drawing = rowChartOf({
    title,
    description: scenarios.map(({ scenario, usersExposed }) => `${scenario}: ${count(usersExposed.value)}.`).join(' '),
    width,
    axis: (range) => amountAxis([0, highest], range, 'count', 'users given a new model, per roll-out'),
    rows: scenarios.map(({ scenario, truth, usersExposed: { value, standardError } }) => ({
      name: scenario,
      value: `${count(value)} ± ${short(standardError, 2)}`,
      draw: (y, axis) => {
        const tone = truth === 'harmful' ? 'tone-1' : 'tone-0';
        return [bar(axis, 0, value, y, tone), dot(axis, value, y, tone)];
      },
    })),
  });
  return svgOf(drawing, options);
}

/** The power of a plan by stage: the fraction of roll-outs that were rolled back by the end of each. */
export function powerPicture({ scenarios }: Pick<RehearsalResult, 'scenarios'>, options: PictureOptions = {}): string {
  const width = widthOf(options);
  const title = 'Rolled back by the end of each stage';
  const stages = stagesOf(scenarios);
  if (stages.length === 0) return svgOf(emptyDrawing(title, 'No stage was reached.', width), options);
  const curves = scenarios.map((scenario, index) => {
    let sum = 0;
    const points = stages.map((stage, at) => {
      sum += scenario.steps.find((step) => `${step.node}\n${step.name}` === stage.key)?.rolledBack.count ?? 0;
      return [at, Math.min(1, sum / Math.max(1, scenario.runs))] as const;
    });
    return {
      name: scenario.scenario,
      value: inUnit(points.at(-1)?.[1] ?? 0, 'fraction'),
      tone: `tone-${index % 6}`,
      isDashed: scenario.truth === 'harmless',
      points,
    };
  });
  const drawing = chartOf({
    title,
    description: curves.map(({ name, value }) => `${name}: ${value}.`).join(' '),
    width,
    below: (range) =>
      stageAxis(
        stages.map(({ name }) => name),
        range,
        'stage',
      ),
    left: (range) => amountAxis([0, 1], range, 'fraction', 'rolled back so far, % of roll-outs'),
    curves,
  });
  return svgOf(drawing, options);
}

/** All stages in their order, but for the end, from which nothing is rolled back any more. */
function stagesOf(scenarios: readonly ScenarioResult[]): readonly { readonly key: string; readonly name: string }[] {
  const all = new Map<string, string>();
  for (const { node, name } of scenarios.flatMap(({ steps }) => steps)) {
    if (name !== 'promoted' && name !== 'rolled-back') all.set(`${node}\n${name}`, name);
  }
  return Array.from(all, ([key, name]) => ({ key, name }));
}
