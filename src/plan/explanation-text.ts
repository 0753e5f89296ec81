import { show } from '../core/options.js';
import type { DividedStep, Explanation, ExplanationStep, MatchStep, MirrorStep } from './explain.js';

/** An explanation for people: one line for each step of the way, then what follows from it. */
export function explanationText<M extends string>({ steps, problems, route }: Explanation<M>): string {
  const { model, reason, fallbacks, exposures } = route;
  const lines = [
    `${model} answers (reason: ${reason}), because:`,
    ...steps.flatMap(linesOf).map((line, index) => `${String(index + 1).padStart(3)}. ${line}`),
    fallbacks.length === 0 ? 'If it fails there is no fallback.' : `If it fails, then: ${fallbacks.join(', ')}.`,
    exposures.length === 0
      ? 'No exposure is counted.'
      : `Counted as exposure: ${exposures.map(({ node, arm }) => `${node} → ${arm}`).join(', ')}.`,
    ...problems.map((problem) => `Problem: ${problem}`),
  ];
  return lines.join('\n');
}

function linesOf(step: ExplanationStep): readonly string[] {
  switch (step.op) {
    case 'split':
    case 'choose':
      return [`${step.node}: arm ${step.arm}${whereDivided(step)}, ${howDivided(step)}`];
    case 'match':
      return [`${step.node}: ${howMatched(step)}`];
    case 'mirror':
      return [`${step.node}: ${howMirrored(step)}`];
    case 'serve':
      return [`serve ${step.model}${step.instance === undefined ? '' : ` on instance ${step.instance}`}`];
  }
}

/** Six digits show a share of one in a million, and hide the rounding of a share to whole hashes. */
const percent = (share: number): string => `${Number((share * 100).toPrecision(6))} %`;

function whereDivided({ instance }: DividedStep): string {
  return instance === undefined ? '' : ` on instance ${instance}`;
}

function howDivided(step: DividedStep): string {
  const { by, attribute, unit, salt, hash, range, instances, propensity, ignoredPin, instead } = step;
  const pin = ignoredPin === undefined ? '' : `; the pin ${ignoredPin} names no arm`;
  const end = `${step.counted ? '' : '; not counted'}${pin}`;
  const lack = `since the unit ${attribute} is missing (was ${instead})`;
  switch (by) {
    case 'pin':
      return `pinned by context.pins${step.counted ? '; counted apart' : end}`;
    case 'here':
      return `which is this process${end}`;
    case 'only':
      return `which has all units${end}`;
    case 'missing':
      return `${lack}${end}`;
    case 'draw':
      return `drawn at random with ${percent(propensity)}, ${lack}: the next request may differ${end}`;
    case 'hash': {
      const among = instances === undefined ? '' : `, the highest of ${instances.length} instances`;
      const where = range === undefined ? among : ` in [${range.from}, ${range.below})`;
      const hashed = `${attribute} ${show(unit)}, salt ${show(salt)}, hash ${hash}${where}`;
      return `with ${percent(propensity)} of units: ${hashed}${end}`;
    }
  }
}

function howMatched({ rules, matched }: MatchStep): string {
  const failed = rules.filter(({ outcome }) => outcome === 'not-matched').map(({ name }) => name);
  const before = failed.length === 0 ? '' : ` (${failed.join(', ')} did not)`;
  if (matched !== undefined) return `rule ${matched} matched${before}`;
  return rules.length === 0 ? 'no rules' : `no rule matched (tried ${failed.join(', ')})`;
}

function howMirrored({ shadows }: MirrorStep): string {
  if (shadows.length === 0) return 'no shadows';
  return shadows.map(({ arm, model, share }) => `${percent(share)} copied to shadow ${arm} (${model})`).join(', ');
}
