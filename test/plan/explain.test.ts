import { describe, expect, test } from 'vitest';
import type { Context } from '../../src/core/context.js';
import { isTurnoutError } from '../../src/core/errors.js';
import { explainPlan } from '../../src/plan/explain.js';
import { explanationText } from '../../src/plan/explanation-text.js';
import type { Plan } from '../../src/plan/plan.js';
import { choose, match, mirror, noChance, oracleHash, ramp, serve, split, user } from './plans.js';

const explain = (plan: Plan<string>, context: Context) => explainPlan(plan, context, { rng: noChance });
const hash = oracleHash('user-1', oracleHash('canary'));

describe('an explanation', () => {
  test('shows the unit, its hash and the range that the hash fell in', () => {
    const { steps, problems } = explain(ramp('canary', 0.25, 'v2', 'v1', { epoch: 3 }), user('user-1'));
    const candidate = hash < 2 ** 30;
    expect(steps).toEqual([
      {
        op: 'split',
        node: 'canary',
        epoch: 3,
        arm: candidate ? 'candidate' : 'baseline',
        by: 'hash',
        propensity: candidate ? 0.25 : 0.75,
        counted: true,
        attribute: 'targetingKey',
        unit: 'user-1',
        salt: 'canary',
        seed: oracleHash('canary'),
        hash,
        range: candidate ? { from: 0, below: 2 ** 30 } : { from: 2 ** 30, below: 2 ** 32 },
        shares: [
          { arm: 'candidate', share: 0.25 },
          { arm: 'baseline', share: 0.75 },
        ],
      },
      { op: 'serve', model: candidate ? 'v2' : 'v1' },
    ]);
    expect(problems).toEqual([]);
  });

  test('shows which rules were looked at, and where no rule matched', () => {
    const rule = (name: string, holds: boolean) => ({ name, when: () => holds, plan: serve(name) });
    const plan = match('m', [rule('a', false), rule('b', true), rule('c', true)], serve('no', { instance: 'i1' }));
    expect(explain(plan, {}).steps).toEqual([
      {
        op: 'match',
        node: 'm',
        matched: 'b',
        rules: [
          { name: 'a', outcome: 'not-matched' },
          { name: 'b', outcome: 'matched' },
          { name: 'c', outcome: 'not-reached' },
        ],
      },
      { op: 'serve', model: 'b' },
    ]);
    const otherwise = explain(match('m', [rule('a', false), rule('b', false)], serve('no', { instance: 'i1' })), {});
    expect(otherwise.steps).toEqual([
      { op: 'match', node: 'm', rules: ['a', 'b'].map((name) => ({ name, outcome: 'not-matched' })) },
      { op: 'serve', model: 'no', instance: 'i1' },
    ]);
  });

  test('shows mirrors, those without a share too, and leaves comparisons out of the route', () => {
    const shadows = [
      { arm: 'new', model: 'v9', share: 0.5 },
      { arm: 'noise', model: { same: true as const }, share: 0 },
    ];
    const { steps, route } = explain(mirror('watch', 'v1', shadows, { comparison: { compare: () => true } }), {});
    expect(steps[0]).toEqual({
      op: 'mirror',
      node: 'watch',
      epoch: 1,
      shadows: [
        { arm: 'new', model: 'v9', share: 0.5 },
        { arm: 'noise', model: 'the primary once more', share: 0 },
      ],
    });
    expect(Object.keys(route.mirrors[0] ?? {})).not.toContain('comparison');
  });

  test.each<[string, Context, object]>([
    ['a pin', { pins: { canary: 'candidate' } }, { by: 'pin', arm: 'candidate', counted: true, instead: 'undefined' }],
    ['a pin without effect', user('u', { pins: { canary: 'no' } }), { by: 'hash', unit: 'u', ignoredPin: "'no'" }],
    ['a missing unit', { targetingKey: '' }, { by: 'missing', arm: 'baseline', counted: false, instead: "''" }],
    ['no pin for this node', user('u', { pins: { other: 'no' } }), { by: 'hash' }],
  ])('shows %s', (_, context, expected) => {
    const [step] = explain(ramp('canary', 0.5, 'v2', 'v1', { missing: 'last' }), context).steps;
    expect(step).toMatchObject(expected);
    const { by, ignoredPin } = expected as { readonly by: string; readonly ignoredPin?: string };
    expect('hash' in (step as object)).toBe(by === 'hash');
    expect('range' in (step as object)).toBe(by === 'hash');
    expect('ignoredPin' in (step as object)).toBe(ignoredPin !== undefined);
  });

  test('shows the only arm without a hash, and a gate as not counted', () => {
    const [gate] = explain(ramp('gate', 1, 'v2', 'v1', { counts: false }), user('u')).steps;
    expect(gate).toMatchObject({ by: 'only', arm: 'candidate', counted: false, unit: 'u' });
    expect(gate).not.toHaveProperty('hash');
  });

  test('shows the weights of a policy for this context, none where it was not asked', () => {
    const plan = choose('bandit', ['v1', 'v2'], (_, out) => void out.set([0.25, 0.75]));
    const [step] = explain(plan, user('u')).steps;
    expect(step).toMatchObject({
      op: 'choose',
      by: 'hash',
      counted: true,
      hash: oracleHash('u', oracleHash('bandit')),
      shares: [
        { arm: 'arm-v1', share: 0.25 },
        { arm: 'arm-v2', share: 0.75 },
      ],
    });
    expect(step).not.toHaveProperty('range');
    expect(explain(plan, { pins: { bandit: 'arm-v1' } }).steps[0]).toMatchObject({ by: 'pin', shares: [] });
  });

  test('tells problems, and not to `onError`', () => {
    const bad = {
      name: 'bad',
      when: () => {
        throw new Error('no such table');
      },
      plan: serve('v2'),
    };
    const onError = () => expect.unreachable();
    const plan = match('m', [bad, { name: 'gone', when: { arm: ['lost', 'on'] }, plan: serve('v3') }], 'v1');
    expect(explainPlan(plan, {}, { rng: noChance, onError }).problems).toEqual([
      "node 'm' asks for the arm of 'lost', which is not in the plan: taken as not given",
      "node 'm', rule 'bad': no such table",
    ]);
  });

  test('is refused for a plan that could not be compiled either', () => {
    let plan: Plan<string> = serve('v1');
    for (let depth = 0; depth < 13; depth += 1) plan = ramp(`n${depth}`, 0.5, plan, plan);
    expect(() => explain(plan, {})).toThrow(expect.toSatisfy((error: unknown) => isTurnoutError(error, 'config')));
  });
});

describe('the text of an explanation', () => {
  const textOf = (plan: Plan<string>, context: Context = user('user-1')) =>
    explanationText(explain(plan, context)).split('\n');

  test('reads from the answer down to what follows from it', () => {
    const low = oracleHash('u7', oracleHash('ranker'));
    const arm = low < 2 ** 31 ? 'candidate' : 'baseline';
    const range = low < 2 ** 31 ? '[0, 2147483648)' : '[2147483648, 4294967296)';
    const rules = [
      { name: 'staff', when: { eq: ['staff', true] }, plan: serve('v9') },
      {
        name: 'de',
        when: { eq: ['country', 'DE'] },
        plan: mirror('watch', ramp('ranker', 0.5, 'v2', 'v1', { fallback: 'v0' }), [
          { arm: 'new', model: 'v5', share: 0.001 },
        ]),
      },
    ];
    const model = arm === 'candidate' ? 'v2' : 'v1';
    expect(textOf(match('flag', rules, 'v1'), user('u7', { country: 'DE' }))).toEqual([
      `${model} answers (reason: split), because:`,
      '  1. flag: rule de matched (staff did not)',
      '  2. watch: 0.1 % copied to shadow new (v5)',
      `  3. ranker: arm ${arm}, with 50 % of units: targetingKey 'u7', salt 'ranker', hash ${low} in ${range}`,
      `  4. serve ${model}`,
      'If it fails, then: v0.',
      `Counted as exposure: ranker → ${arm}.`,
    ]);
  });

  test('says what was done without a hash, and why', () => {
    const line = (plan: Plan<string>, context: Context) => textOf(plan, context)[1];
    expect(line(ramp('a', 1), user('u'))).toBe('  1. a: arm candidate, which has all units');
    expect(line(ramp('a', 0, 'v2', 'v1'), { pins: { a: 'candidate' } })).toBe(
      '  1. a: arm candidate, pinned by context.pins; counted apart',
    );
    expect(line(ramp('a', 0, 'v2', 'v1', { counts: false }), { pins: { a: 'candidate' } })).toBe(
      '  1. a: arm candidate, pinned by context.pins; not counted',
    );
    expect(line(ramp('a', 0.5, 'v2', 'v1', { missing: 'last', unit: 'tenantId' }), { tenantId: Number.NaN })).toBe(
      '  1. a: arm baseline, since the unit tenantId is missing (was NaN); not counted',
    );
    const drawn = explainPlan(ramp('a', 0.0001), { pins: { a: 'no' } }, { rng: { next: () => 0.00005 } });
    expect(explanationText(drawn).split('\n')[1]).toBe(
      '  1. a: arm candidate, drawn at random with 0.01 %, since the unit targetingKey is missing (was undefined): ' +
        "the next request may differ; the pin 'no' names no arm",
    );
  });

  test('says where there are no rules, no shadows, no fallbacks and no exposures', () => {
    expect(textOf(match('m', [], mirror('w', serve('v1', { instance: 'i1' }), [])), {})).toEqual([
      'v1 answers (reason: static), because:',
      '  1. m: no rules',
      '  2. w: no shadows',
      '  3. serve v1 on instance i1',
      'If it fails there is no fallback.',
      'No exposure is counted.',
    ]);
    const rules = ['a', 'b'].map((name) => ({ name, when: () => false, plan: serve('v2') }));
    expect(textOf(match('m', rules, 'v1'), {})[1]).toBe('  1. m: no rule matched (tried a, b)');
    const first = { name: 'first', when: () => true, plan: serve('v2') };
    expect(textOf(match('m', [first], 'v1'), {})[1]).toBe('  1. m: rule first matched');
  });

  test('ends with what went wrong, and keeps a huge key to one line', () => {
    const bad = {
      name: 'bad',
      when: () => {
        throw new Error('no such table');
      },
      plan: serve('v2'),
    };
    expect(textOf(match('m', [bad], 'v1'), {}).at(-1)).toBe("Problem: node 'm', rule 'bad': no such table");
    const lines = textOf(split('a', { x: [0.5, 'v1'], y: [0.5, 'v1'] }), user('k'.repeat(1_000_000)));
    expect(lines[1]?.length).toBeLessThan(200);
    expect(lines[1]).toContain(`'${'k'.repeat(40)}…'`);
  });

  test('of a policy shows its chance', () => {
    const plan = choose('bandit', ['v1', 'v2'], (_, out) => void out.set([0.5, 0.5]));
    expect(textOf(plan)[1]).toMatch(
      /^ {2}1\. bandit: arm arm-v[12], with 50 % of units: targetingKey 'user-1', salt 'bandit', hash \d+$/,
    );
  });
});
