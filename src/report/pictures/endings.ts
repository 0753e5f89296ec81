import type { RehearsalResult, ScenarioResult } from '../../simulate/rehearsal-result.js';
import { type Axis, type Range, amountAxis } from '../axes.js';
import { type PictureOptions, emptyDrawing, svgOf, widthOf } from '../drawing.js';
import { bar, block, dot, rowChartOf } from '../rows.js';
import { inUnit, short } from '../words.js';

const percents = (range: Range, title: string): Axis => amountAxis([0, 1], range, 'fraction', title);

/** How the roll-outs of each scenario ended: the fractions that were promoted, undecided and rolled back, and the wrong ones' interval. */
export function endingsPicture(
  { scenarios }: Pick<RehearsalResult, 'scenarios'>,
  options: PictureOptions = {},
): string {
  const width = widthOf(options);
  const title = 'How roll-outs end';
  if (scenarios.length === 0) return svgOf(emptyDrawing(title, 'No scenario was rehearsed.', width), options);
  const drawing = rowChartOf({
    title,
    description: scenarios
      .map((scenario) => `${scenario.scenario}, ${scenario.truth}: ${endingOf(scenario)}.`)
      .join(' '),
    width,
    axis: (range) => percents(range, 'promoted from the left, rolled back from the right, %'),
    rows: scenarios.map((scenario) => {
      const { promoted, rolledBack, truth } = scenario;
      const wrong = truth === 'harmless' ? rolledBack : promoted;
      const [low, high] = wrong.interval;
      const ends = truth === 'harmless' ? [1 - high, 1 - low] : [low, high];
      return {
        name: scenario.scenario,
        value: endingOf(scenario),
        draw: (y, axis) => [
          block(axis, 0, promoted.rate, y, truth === 'harmful' ? 'fill-tone-1' : 'fill-tone-0'),
          block(axis, 1 - rolledBack.rate, 1, y, truth === 'harmless' ? 'fill-tone-1' : 'fill-tone-0'),
          bar(axis, ends[0] as number, ends[1] as number, y + 7.5, 'quiet'),
        ],
      };
    }),
  });
  return svgOf(drawing, options);
}

function endingOf({ truth, promoted, rolledBack, undecided }: ScenarioResult): string {
  const wrong = truth === 'harmless' ? rolledBack : promoted;
  const right = truth === 'harmless' ? promoted : rolledBack;
  const [wrongly, rightly] = truth === 'harmless' ? ['false alarms', 'promoted'] : ['missed', 'rolled back'];
  const parts = [
    { text: `${rightly} ${inUnit(right.rate, 'fraction')}`, count: right.count },
    { text: `${wrongly} ${inUnit(wrong.rate, 'fraction')}`, count: wrong.count },
    { text: `${inUnit(undecided.rate, 'fraction')} open`, count: undecided.count },
  ];
  // Two figures say all where every roll-out has ended; where not, what never happened is left out.
  const told = undecided.count > 0 ? parts.filter(({ count }) => count > 0) : parts.slice(0, 2);
  return told.map(({ text }) => text).join(', ');
}

const hour = 3_600_000;

/** How long roll-outs take until they are decided: the median, and from the first to the last tenth. */
export function decisionTimePicture(
  { scenarios }: Pick<RehearsalResult, 'scenarios'>,
  options: PictureOptions = {},
): string {
  const width = widthOf(options);
  const title = 'Time to the decision';
  const decided = scenarios.flatMap(({ scenario, decidedAfterMs }) =>
    decidedAfterMs ? [{ scenario, ...decidedAfterMs }] : [],
  );
  if (decided.length === 0) return svgOf(emptyDrawing(title, 'No roll-out was decided.', width), options);
  const longest = Math.max(...decided.map(({ p90 }) => p90.value));
  const [unit, length] =
    longest >= 72 * hour ? ['days', 24 * hour] : longest >= hour ? ['hours', hour] : ['minutes', 60_000];
  const hoursOf = (ms: number) => short(ms / (length as number));
  const drawing = rowChartOf({
    title,
    description: decided
      .map(
        ({ scenario, p10, p50, p90 }) =>
          `${scenario}: ${hoursOf(p50.value)} ${unit}, from ${hoursOf(p10.value)} to ${hoursOf(p90.value)}.`,
      )
      .join(' '),
    width,
    axis: (range) =>
      amountAxis([0, longest / (length as number)], range, 'count', `${unit} until the decision: p10, p50, p90`),
    rows: decided.map(({ scenario, p10, p50, p90 }) => ({
      name: scenario,
      value: `${hoursOf(p50.value)} (${hoursOf(p10.value)} to ${hoursOf(p90.value)}) ${unit}`,
      draw: (y, axis) => [
        bar(axis, p10.value / (length as number), p90.value / (length as number), y, 'tone-0'),
        dot(axis, p50.value / (length as number), y, 'tone-0'),
      ],
    })),
  });
  return svgOf(drawing, options);
}
