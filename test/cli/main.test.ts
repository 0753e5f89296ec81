import { describe, expect, test } from 'vitest';
import { binary, Canary, FeatureFlag, maxRate } from '../../src/index.js';
import { run } from './fake-terminal.js';
import { plan, planWith } from './plans.js';

describe('npx turnout', () => {
  test('without a command says what there is, as wrong usage', async () => {
    const { code, out, note } = await run([]);
    expect([code, out]).toEqual([64, '']);
    expect(note).toMatch(/^turnout: needs a command\.\n\nturnout: rehearse, check/);
  });

  test.each([['--help'], ['-h'], ['help']])('%s lists every command', async (...args) => {
    const { code, out, note } = await run(args);
    expect([code, note]).toEqual([0, '']);
    for (const name of ['rehearse', 'validate-plan', 'explain', 'report'])
      expect(out).toMatch(new RegExp(`^  ${name} +\\w`, 'm'));
    expect(out).toContain('Exit codes: 0 fine · 1 the plan is wrong · 2 a weak spot');
  });

  test.each(['rehearse', 'validate-plan', 'explain', 'report'])('%s has a help of its own', async (name) => {
    const asked = await run([name, '--help']);
    expect(asked.code).toBe(0);
    expect(asked.out).toMatch(new RegExp(`^Usage: turnout ${name} [A-Z]+.*\\[options\\]\\n\\n[A-Z].*\\.\\n`));
    expect(asked.out).toMatch(/\n {2}--\w+/);
    expect((await run([name, 'x', '-h'])).out).toBe(asked.out);
    expect((await run(['help', name])).out).toBe(asked.out);
  });

  test.each<readonly [readonly string[], string]>([
    [['rehears'], "turnout: 'rehears' is no command. Did you mean rehearse?\n"],
    [['xyzzy'], "turnout: 'xyzzy' is no command. Known are rehearse, validate-plan, explain, report.\n"],
    [['constructor'], "turnout: 'constructor' is no command. Known are"],
    [['help', 'repor'], "turnout: 'repor' is no command. Did you mean report?\n"],
    [['rehearse'], 'turnout rehearse: needs a plan, and no more (had 0).\n'],
    [['rehearse', 'a', 'b'], 'turnout rehearse: needs a plan, and no more (had 2).\n'],
    [['rehearse', 'a', '--rums', '5'], "turnout rehearse: Unknown option '--rums'\n"],
    [['rehearse', 'a', '--runs'], "turnout rehearse: Option '--runs <value>' argument missing\n"],
    [['validate-plan'], 'turnout validate-plan: needs a plan: a JSON file or a module.\n'],
    [['explain', 'a'], 'turnout explain: needs --context.\n'],
    [
      ['explain', 'a', '--context', '[1]'],
      'turnout explain: --context must be a JSON object, such as \'{ "targetingKey"',
    ],
    [['explain', 'a', '--context', '{x}'], 'turnout explain: --context must be a JSON object'],
    [['report'], 'turnout report: needs a file with a report, and no more (had 0).\n'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, out, note } = await run(args);
    expect([code, out]).toEqual([64, '']);
    expect(note.slice(0, message.length)).toBe(message);
  });

  test('says which file cannot be read', async () => {
    expect(await run(['validate-plan', 'none.json'])).toMatchObject({
      code: 66,
      note: 'turnout validate-plan: none.json cannot be read\n',
    });
  });

  test('shows the stack of what it did not expect', async () => {
    const broken = Object.defineProperty({}, 'default', {
      get: () => {
        throw new Error('in your module');
      },
    });
    const { code, note } = await run(['validate-plan', 'plan.mjs'], { 'plan.mjs': broken });
    expect(code).toBe(70);
    expect(note).toMatch(/^turnout validate-plan: Error: in your module\n +at /);
  });
});

describe('validate-plan', () => {
  test('passes a plan that is right', async () => {
    expect(
      await run(['validate-plan', 'a.json', 'b.json'], { 'a.json': plan, 'b.json': `\uFEFF${JSON.stringify(plan)}` }),
    ).toMatchObject({
      code: 0,
      out: 'a.json: fine\nb.json: fine\n',
      note: '',
    });
  });

  test('tells every mistake of the plan and of its rehearsal at once', async () => {
    const wrong = planWith({
      visits: 'some',
      'rehearsal.traffic': { perHour: -1 },
      'rehearsal.models': { v1: {}, v3: {} },
    });
    const { code, out, note } = await run(['validate-plan', 'fine.json', 'a.json'], {
      'a.json': wrong,
      'fine.json': plan,
    });
    expect([code, out]).toEqual([1, 'fine.json: fine\n']);
    expect(note.split('\n')).toEqual([
      'a.json:',
      "  plan.visits: must be 'many' or 'one' (was 'some').",
      '  plan.rehearsal.traffic.perHour: must be over 0 (was -1).',
      expect.stringMatching(/^ {2}plan\.rehearsal\.models\.v2: must say what comes of its calls/),
      expect.stringMatching(/^ {2}plan\.rehearsal\.models\.v3: is not a model of the strategy/),
      '',
    ]);
  });

  test('says nothing of models that a wrong strategy may reach or not', async () => {
    const wrong = planWith({ 'strategy.stages': [{ share: 50 }], 'rehearsal.traffic': { perHour: 5, weekly: [1] } });
    expect((await run(['validate-plan', 'a.json'], { 'a.json': wrong })).note).toBe(
      'a.json:\n  plan.strategy.stages[0].share: must be a fraction in [0, 1] (was 50). Did you mean 0.5?\n' +
        '  plan.rehearsal.traffic.weekly: must be a list of 7 to 7 items (was a list of 1).\n',
    );
  });

  test('says the same as JSON', async () => {
    const wrong = planWith({ name: '' });
    const { code, out, note } = await run(['validate-plan', '--json', 'a.json', 'b.json'], {
      'a.json': plan,
      'b.json': wrong,
    });
    expect([code, note]).toEqual([1, '']);
    expect(JSON.parse(out)).toEqual({
      format: 1,
      plans: [
        { file: 'a.json', ok: true, issues: [] },
        {
          file: 'b.json',
          ok: false,
          issues: [{ path: 'plan.name', message: expect.stringMatching(/^must be a name/) as string }],
        },
      ],
    });
  });

  test('says what is no JSON', async () => {
    const { code, note } = await run(['validate-plan', 'a.json'], { 'a.json': '{ "name": ' });
    expect(code).toBe(1);
    expect(note).toMatch(/^turnout validate-plan: a\.json is not JSON: \w/);
  });

  test('finds what only a router does: prerequisites that go round', async () => {
    const flag = (on: string, node: string) => ({
      kind: 'feature-flag',
      on,
      off: 'v1',
      rules: [{ name: 'other', when: { arm: [node, 'on'] }, use: 'on' }],
    });
    const json = {
      name: 'r',
      strategy: { kind: 'ab-test', arms: { a: flag('v2', 'r/b'), b: flag('v3', 'r/a') } },
    };
    const { code, note } = await run(['validate-plan', 'a.json'], { 'a.json': json });
    expect(code).toBe(1);
    expect(note).toContain('must not wait for itself (r/b → r/a → r/b)');
  });

  test('finds metrics that nobody declared, in a strategy that a module has made', async () => {
    const strategy = new Canary({ baseline: 'v1', candidate: 'v2', guardrails: [maxRate('cliked', 0.1)] });
    const files = { 'a.mjs': { default: { name: 'r', metrics: { clicked: binary() }, strategy } } };
    expect((await run(['validate-plan', 'a.mjs'], files)).note).toMatch(
      /^a\.mjs:\n {2}plan\.strategy\.metrics: 'cliked' is not in `metrics`.* Did you mean 'clicked'\?\n$/,
    );
  });

  test('notes what only the program has, unless a module brings it', async () => {
    const strategy = {
      kind: 'feature-flag',
      on: { kind: 'rolling', from: 'v1', to: 'v2', instances: ['i'], update: { use: 'update' } },
      off: 'v1',
      rules: [{ name: 'staff', when: { use: 'isStaff' }, use: 'on' }],
    };
    const files = { 'a.json': { name: 'r', strategy }, 'use.mjs': { update: () => {}, isStaff: () => true } };
    const { code, note } = await run(['validate-plan', 'a.json'], files);
    expect(code).toBe(0);
    expect(note).toMatch(
      /^Not known here: update, isStaff\. What does nothing, and holds for nobody, stands in their place\. Give --use MODULE/,
    );
    expect(await run(['validate-plan', 'a.json', '--use', 'use.mjs'], files)).toMatchObject({ code: 0, note: '' });
    const half = { ...files, 'use.mjs': { update: 5 } };
    expect((await run(['validate-plan', 'a.json', '--use', 'use.mjs'], half)).note).toContain(
      'plan.strategy.on.update: must be a function (was 5).',
    );
  });

  test('takes modules: a plan, its parts, or nothing of the sort', async () => {
    const { rehearsal, ...bare } = plan;
    const modules = {
      'plan.mjs': { default: plan },
      'inner.js': { default: { plan } },
      'beside.cjs': { default: { plan: bare, ...rehearsal } },
      'flat.ts': { default: { ...bare, description: 'why', visits: 'one', ...rehearsal } },
      'class.mjs': {
        default: {
          strategy: new FeatureFlag({ on: 'v2', off: 'v1' }),
          ...rehearsal,
          scenarios: { equal: { truth: 'harmless' } },
        },
      },
      'parsed.mjs': {
        default: {
          plan: {
            name: 'r',
            strategy: new FeatureFlag({ on: 'v2', off: 'v1' }),
            rehearsal: { ...rehearsal, forMs: 0 },
          },
        },
      },
      'none.mjs': { default: undefined },
      'bare.mjs': { default: { ...bare, name: '' } },
      'within.mjs': { default: { plan: { ...bare, name: '' } } },
      'wrong.mjs': { default: { ...bare, ...rehearsal, traffic: { perHour: 0 } } },
    };
    const result = await run(['validate-plan', ...Object.keys(modules)], modules);
    expect(result.out).toBe('plan.mjs: fine\ninner.js: fine\nbeside.cjs: fine\nflat.ts: fine\nclass.mjs: fine\n');
    expect(result.note).toBe(
      'parsed.mjs:\n  plan.rehearsal.forMs: must be a number over 0 (was 0).\n' +
        'none.mjs:\n  plan: must be the default export of the module: a plan, or defineRehearsal(…).\n' +
        "bare.mjs:\n  plan.name: must be a name of 1 to 200 characters without '/' (was '').\n" +
        "within.mjs:\n  plan.name: must be a name of 1 to 200 characters without '/' (was '').\n" +
        'wrong.mjs:\n  plan.traffic.perHour: must be a number over 0 (was 0).\n',
    );
    expect(result.code).toBe(1);
  });
});

describe('explain', () => {
  test('tells who answers and why', async () => {
    const { code, out } = await run(['explain', 'a.json', '--context', '{"targetingKey":"user-42"}'], {
      'a.json': plan,
    });
    expect(code).toBe(0);
    expect(out).toMatch(
      /^v[12] answers \(reason: split\), because:\n {2}1\. ranker: arm \w+, with 50 % of units: targetingKey 'user-42'/,
    );
  });

  test('tells it as JSON', async () => {
    const { out } = await run(['explain', 'a.json', '--context', '{}', '--json'], { 'a.json': plan });
    expect(JSON.parse(out)).toMatchObject({ steps: [{ op: 'split', node: 'ranker', by: 'draw' }, { op: 'serve' }] });
  });

  test('takes conditions from a module', async () => {
    const strategy = {
      kind: 'feature-flag',
      on: 'v2',
      off: 'v1',
      share: 0,
      rules: [{ name: 'staff', when: { use: 'isStaff' }, use: 'on' }],
    };
    const files = {
      'a.json': { name: 'r', strategy },
      'use.mjs': { isStaff: ({ role }: { role?: string }) => role === 'staff' },
    };
    const asked = ['explain', 'a.json', '--context', '{"targetingKey":"u","role":"staff"}'];
    expect((await run([...asked, '--use', 'use.mjs'], files)).out).toMatch(/^v2 answers .*\n.*rule staff matched/);
    expect((await run(asked, files)).out).toMatch(/^v1 answers/);
    expect((await run(asked, files)).note).toMatch(/^Not known here: isStaff\./);
  });

  test('refuses a plan that is wrong', async () => {
    const { code, note } = await run(['explain', 'a.json', '--context', '{}'], {
      'a.json': planWith({ strategy: {} }),
    });
    expect([code, note.split('\n')[0]]).toEqual([1, 'a.json:']);
  });
});
