import type { Rate } from '../simulate/estimates.js';
import type { RehearsalResult, ScenarioResult } from '../simulate/rehearsal-result.js';
import { type Figure, type Page, type ReportOptions, type Section, tableOf } from './page.js';
import { decisionTimePicture, endingsPicture } from './pictures/endings.js';
import { powerPicture, reachPicture } from './pictures/power.js';
import { between, count, durationText, inUnit, short } from './words.js';

/** A rehearsal as a page: how roll-outs end, how long they take, whom they reach, and where the plan is weak. */
export function rehearsalPage(result: RehearsalResult, options: ReportOptions): Page {
  const { scenarios, runs, seed, weakSpots } = result;
  const harmful = scenarios.filter(({ truth }) => truth === 'harmful').length;
  return {
    title: options.title ?? 'Rehearsal',
    sentences: [
      `${count(runs)} roll-outs of each of ${scenarios.length} scenarios, ${harmful} of them harmful; seed ${seed}.`,
      ...(weakSpots.length === 0 ? ['No weak spots were found.'] : []),
    ],
    sections: [
      ...(weakSpots.length > 0
        ? [{ title: 'Weak spots', sentences: weakSpots.map(({ text }) => text), figures: [] }]
        : []),
      { title: 'Endings', sentences: [], figures: [endings(result), times(result), reach(result), power(result)] },
      stages(scenarios),
      harm(scenarios, options),
    ],
  };
}

const rateText = ({ rate, interval }: Rate) => `${inUnit(rate, 'fraction')} (${between(interval, 'fraction')})`;

function endings(result: RehearsalResult): Figure {
  return {
    title: 'How roll-outs end',
    caption:
      'Blue is right, orange is wrong: a harmful candidate that is promoted, or a harmless one rolled back. Grey below it is the 95 % interval.',
    isWide: false,
    draw: (options) => endingsPicture(result, options),
    table: tableOf(
      ['scenario', 'truth', '>promoted', '>rolled back', '>undecided'],
      result.scenarios.map(({ scenario, truth, promoted, rolledBack, undecided }) => {
        return [scenario, truth, rateText(promoted), rateText(rolledBack), inUnit(undecided.rate, 'fraction')];
      }),
      'No scenario was rehearsed.',
    ),
  };
}

function times(result: RehearsalResult): Figure {
  return {
    title: 'Time to the decision',
    caption: 'The median of the roll-outs that were decided, and where the middle four fifths of them lie.',
    draw: (options) => decisionTimePicture(result, options),
    table: tableOf(
      ['scenario', '>p10', '>median', '>p90'],
      result.scenarios.flatMap(({ scenario, decidedAfterMs: after }) => {
        return after === undefined
          ? []
          : [[scenario, ...[after.p10, after.p50, after.p90].map(({ value }) => durationText(value))]];
      }),
      'No roll-out was decided.',
    ),
  };
}

function reach(result: RehearsalResult): Figure {
  return {
    title: 'Users reached',
    caption: 'How many different users a new model was given to before the roll-out ended, on average.',
    draw: (options) => reachPicture(result, options),
    table: tableOf(
      ['scenario', '>users', '>requests'],
      result.scenarios.map(({ scenario, usersExposed, requestsExposed }) => {
        return [scenario, count(usersExposed.value), count(requestsExposed.value)];
      }),
      'No scenario was rehearsed.',
    ),
  };
}

function power(result: RehearsalResult): Figure {
  return {
    title: 'Power by stage',
    caption:
      'How many roll-outs were rolled back by the end of each stage. Harmful scenarios should rise early; harmless ones, dashed, should not.',
    draw: (options) => powerPicture(result, options),
    table: tableOf(
      ['scenario', 'stage', '>reached', '>rolled back there'],
      result.scenarios.flatMap(({ scenario, steps }) => {
        return steps.map(({ name, reached, rolledBack }) => [
          scenario,
          name,
          inUnit(reached.rate, 'fraction'),
          count(rolledBack.count),
        ]);
      }),
      'No stage was reached.',
    ),
  };
}

function stages(scenarios: readonly ScenarioResult[]): Section {
  const rollbacks = scenarios.flatMap(({ scenario, rollbacks: by }) =>
    Object.entries(by).map(([rule, n]) => [scenario, rule === '' ? 'not named' : rule, count(n)]),
  );
  return {
    title: 'Rollbacks',
    sentences: [],
    figures: [
      {
        title: 'What rolled back',
        caption: 'By which rule, and how often.',
        table: tableOf(['scenario', 'by', '>roll-outs'], rollbacks, 'Nothing was rolled back.'),
      },
    ],
  };
}

function harm(scenarios: readonly ScenarioResult[], { units = {} }: ReportOptions): Section {
  const metrics = [...new Set(scenarios.flatMap((scenario) => Object.keys(scenario.harm.lost)))];
  const plusMinus = ({ value, standardError }: { readonly value: number; readonly standardError: number }) =>
    `${short(value)} ± ${short(standardError, 2)}`;
  return {
    title: 'Harm',
    sentences: [],
    figures: [
      {
        title: 'What a roll-out costs',
        caption: 'Means per roll-out, with standard errors: over 0 is worse than the model in place, under 0 better.',
        table: tableOf(
          [
            'scenario',
            '>excess errors',
            '>extra latency',
            ...metrics.map((metric) => `>lost ${metric}${units[metric] === undefined ? '' : `, ${units[metric]}`}`),
          ],
          scenarios.map(({ scenario, harm: { excessErrors, extraLatencyMs, lost } }) => [
            scenario,
            plusMinus(excessErrors),
            extraLatencyMs.value < 0 ? `−${durationText(-extraLatencyMs.value)}` : durationText(extraLatencyMs.value),
            ...metrics.map((metric) => (lost[metric] === undefined ? short(Number.NaN) : plusMinus(lost[metric]))),
          ]),
          'No scenario was rehearsed.',
        ),
      },
    ],
  };
}
