import { type Facts, type Start, starts } from './choose-strategy-starts.js';

/** What is asked for, in the words of the table. */
export interface Profile {
  readonly risk: 'low' | 'medium' | 'high';
  readonly goal: 'replace' | 'compare' | 'optimize';
  readonly access: 'everybody' | 'hidden' | 'by-rule';
  readonly copies: 'one' | 'two';
  readonly feedback: 'operational' | 'outcomes';
  /** Requests a day: under 1000, under 100 000, or more. */
  readonly traffic: 'little' | 'some' | 'much';
  /** Until an outcome is known: an hour, a day, or longer. */
  readonly delay: 'soon' | 'same-day' | 'late';
}

/** That these values speak for a strategy (over 0) or against it (under 0), and why. */
type Fit = {
  [D in keyof Profile]: readonly [dimension: D, values: readonly Profile[D][], points: number, why: string];
}[keyof Profile];

/** What a strategy cannot do without. */
type Requirement = { readonly [D in keyof Profile]?: readonly Profile[D][] };

/** A strategy, or several as a pipeline, and what speaks for and against it. */
export interface Row {
  readonly name: string;
  readonly requires: Requirement;
  /** How much there is to understand and to run: 1 to 3. */
  readonly complexity: 1 | 2 | 3;
  readonly fits: readonly Fit[];
  /** What it costs whoever asks. */
  readonly costs: readonly string[];
  /** Rules to add, which are functions and so no data. */
  readonly add: readonly string[];
  readonly start: (facts: Facts) => Start;
}

const two = { copies: ['two'] } as const;
const byChance: Fit = ['access', ['hidden', 'by-rule'], -6, 'chance gives it to people whom nobody has named'];
const guarded = ['guardrails: [maxErrorRate(0.02), maxLatency({ quantile: 0.95, ms: 300 })]'] as const;
const pairs = ['guardrails: [maxMismatchRate(0.1), maxErrorRate(0.02)] of the shadow'] as const;

/** In the order of preference between equals: the simpler first. */
export const rows: readonly Row[] = [
  {
    name: 'blue-green',
    requires: two,
    complexity: 1,
    fits: [
      ['access', ['by-rule'], -6, 'all get it, or nobody'],
      ['risk', ['high'], 2, 'one switch for all is soon done, and as soon undone'],
      ['risk', ['low'], -3, 'everybody meets a bad model at once, until it is switched back'],
      ['goal', ['replace'], 1, 'it replaces one model by another'],
      ['goal', ['compare', 'optimize'], -3, 'the two sides never serve side by side, so nothing is compared'],
      ['traffic', ['little'], 2, 'it needs no traffic to be split, only to be watched'],
    ],
    costs: ['two full environments, until the old one is released'],
    add: ['checks: the trials of the new side before the switch', ...guarded],
    start: starts.blueGreen,
  },
  {
    name: 'canary',
    requires: two,
    complexity: 1,
    fits: [
      byChance,
      ['risk', ['low', 'medium'], 2, 'few users meet a bad model, and a guardrail takes it from them'],
      ['risk', ['high'], 1, 'few users meet a bad model'],
      ['goal', ['replace'], 2, 'it replaces one model by another, by itself'],
      ['goal', ['compare'], -1, 'guardrails stop what is worse; they do not show what is better'],
      ['goal', ['optimize'], -2, 'it ends with one model, and learns nothing on the way'],
      ['traffic', ['little'], -2, 'on little traffic a small share shows nothing for days'],
      ['delay', ['late'], -1, 'each stage waits until its outcomes are known'],
    ],
    costs: ['both models are loaded while it ramps'],
    add: guarded,
    start: starts.canary,
  },
  {
    name: 'feature-flag',
    requires: two,
    complexity: 1,
    fits: [
      ['risk', ['high'], 1, 'a person turns it off at once'],
      ['risk', ['low'], -1, 'nothing watches it: a person must see that it is bad'],
      ['access', ['by-rule'], 9, 'rules say who gets the new model'],
      ['goal', ['replace'], 1, 'it puts one model in the place of another, when a person says so'],
      ['goal', ['compare', 'optimize'], -2, 'who matches a rule was chosen, not drawn, so nothing is compared'],
      ['traffic', ['little'], 1, 'it needs no traffic'],
    ],
    costs: ['people move it', 'it must be removed one day'],
    add: ['rules: who gets it first'],
    start: starts.featureFlag,
  },
  {
    name: 'rolling',
    requires: {},
    complexity: 2,
    fits: [
      byChance,
      ['copies', ['one'], 3, 'each instance holds one model at a time'],
      ['risk', ['medium', 'high'], 1, 'it stops at the batch that fails its check'],
      ['risk', ['low'], -1, 'a share of the instances is a large share of the users'],
      ['goal', ['compare', 'optimize'], -2, 'users are spread by instance and change sides, so nothing is compared'],
    ],
    costs: ['less capacity while it rolls, or one more instance', 'the way back takes as long as the way there'],
    add: ['check: what an updated instance must pass'],
    start: starts.rolling,
  },
  {
    name: 'dark-launch',
    requires: two,
    complexity: 2,
    fits: [
      ['risk', ['low'], 2, 'the load is tried before anybody sees an answer'],
      ['goal', ['replace'], 1, 'it is revealed by stages, when you say so'],
      ['access', ['hidden'], 9, 'nobody but an audience gets the new model, until it is revealed'],
      ['goal', ['compare', 'optimize'], -4, 'it hides a model; it does not compare two'],
      ['traffic', ['little'], -1, 'on little traffic there is no load to try'],
      ['traffic', ['much'], 1, 'a model that must take much load is tried under it'],
    ],
    costs: ['the calls that it executes beside the real ones'],
    add: ['audience: who sees it first', ...guarded],
    start: starts.darkLaunch,
  },
  {
    name: 'shadow, then canary',
    requires: two,
    complexity: 2,
    fits: [
      byChance,
      ['risk', ['low'], 4, 'nobody sees an answer before it was compared, and then only few do'],
      ['risk', ['medium'], 1, 'nobody sees an answer before it was compared'],
      ['goal', ['replace'], 2, 'it replaces one model by another, by itself'],
      ['goal', ['compare'], -1, 'agreement with the old model is not quality'],
      ['goal', ['optimize'], -4, 'it ends with one model, and learns nothing on the way'],
      ['traffic', ['little'], -1, 'on little traffic both steps take days'],
      ['delay', ['late'], -1, 'each stage of the canary waits until its outcomes are known'],
    ],
    costs: ['the calls that are mirrored, twice the work for a share of the requests'],
    add: [...pairs, ...guarded],
    start: (facts) => ({
      kind: 'pipeline',
      stages: { shadow: starts.shadow(facts), canary: starts.canary(facts) },
      leave: facts.riskTolerance === 'low' ? { shadow: { approval: true } } : {},
    }),
  },
  {
    name: 'ab-test',
    requires: { ...two, feedback: ['outcomes'], traffic: ['some', 'much'] },
    complexity: 2,
    fits: [
      byChance,
      ['risk', ['low'], -2, 'half of those in the test meet a bad model until the test ends'],
      ['goal', ['compare'], 4, 'it says which model is better, with an error rate'],
      ['goal', ['replace'], -1, 'it is more than a replacement needs'],
      ['goal', ['optimize'], 1, 'it finds the best of a few, once'],
      ['traffic', ['much'], 1, 'much traffic decides soon'],
      ['delay', ['late'], -1, 'outcomes that come after days move its end as far'],
    ],
    costs: ['the worse model keeps its share until the end', 'one metric must be named that decides'],
    add: ['primary: the metric that decides', ...guarded],
    start: starts.abTest,
  },
  {
    name: 'bandit',
    requires: { ...two, feedback: ['outcomes'], traffic: ['some', 'much'], delay: ['soon', 'same-day'] },
    complexity: 3,
    fits: [
      byChance,
      ['risk', ['low'], -1, 'it explores, also what turns out to be bad'],
      ['risk', ['high'], 1, 'it moves users to what earns more while it learns'],
      ['goal', ['optimize'], 5, 'it earns while it learns, and follows a world that changes'],
      ['goal', ['compare'], 1, 'its shares show what is better, with less certainty than a test'],
      ['goal', ['replace'], -2, 'it goes on for ever, where a replacement would end'],
      ['delay', ['soon'], 1, 'outcomes that come soon are learnt from soon'],
    ],
    costs: ['shares change, so comparing afterwards takes care', 'a losing arm keeps its floor'],
    add: ['reward: the metric to raise', 'baseline: the arm to fall back to'],
    start: starts.bandit,
  },
  {
    name: 'shadow, canary, then A/B test',
    requires: { ...two, feedback: ['outcomes'], traffic: ['some', 'much'] },
    complexity: 3,
    fits: [
      byChance,
      ['risk', ['low'], 3, 'each step shows a fault to fewer people than the next one would'],
      ['goal', ['compare'], 4, 'it ends by saying which model is better, with an error rate'],
      ['goal', ['replace'], -1, 'it is more than a replacement needs'],
      ['goal', ['optimize'], -1, 'it ends, where the world goes on changing'],
      ['delay', ['late'], -2, 'three steps wait for outcomes, one after another'],
    ],
    costs: ['it takes the time of all three steps', 'the calls that are mirrored'],
    add: [...pairs, ...guarded, 'primary: the metric that decides the test'],
    start: (facts) => ({
      kind: 'pipeline',
      stages: { shadow: starts.shadow(facts), canary: starts.canary(facts), test: starts.abTest(facts) },
      leave: { shadow: { approval: true } },
    }),
  },
];
