import { describe, expect, test } from 'vitest';
import { ABTest } from '../../src/strategies/ab-test.js';
import { Canary } from '../../src/strategies/canary.js';
import { Pipeline } from '../../src/strategies/pipeline.js';
import { isTurnoutError } from '../../src/core/errors.js';
import { Drive, gateDial } from './drive.js';

const held = [{ share: 0.05, hold: true }] as const;
const test5050 = () => new ABTest({ arms: { old: 'v1', fresh: 'v2' } });
const group = () => new Canary({ baseline: 'v1', candidate: test5050(), stages: held });
const last = () => new Canary({ baseline: 'v1', candidate: 'v2', stages: held });

const driven = (leave: object, stage = group()) =>
  new Drive(new Pipeline({ stages: { first: last(), group: stage, last: last() }, leave: { group: leave } } as never));

describe('a pipeline whose gates look at a node below its stage', () => {
  test('judges the evidence of that node alone, since the stage began', () => {
    const gate = gateDial('lift', 'inconclusive');
    const drive = driven({ promoted: false, gates: [gate], node: 'candidate', arm: 'fresh', control: 'old' });
    const see = (node: string, epoch: number) =>
      drive.strata.push({ node, epoch, cells: { fresh: { outcomes: 5 }, old: { outcomes: 5 } } });
    drive.order('promote');
    for (const node of ['root/group', 'root/group/candidate', 'root/last', 'root/candidate']) see(node, 2);
    see('root/group/candidate', 1);
    see('root/group/candidate', 4);
    drive.tick();
    const { arm, control, strata } = gate.asked.at(-1) as (typeof gate.asked)[number];
    expect([arm, control]).toEqual(['fresh', 'old']);
    expect(strata.map(({ node, epoch }) => [node, epoch])).toEqual([
      ['root/group/candidate', 2],
      ['root/group/candidate', 4],
    ]);
    expect(drive.status().detail).toMatchObject({ stage: 'group' });
    gate.outcome = 'pass';
    drive.tick();
    expect(drive.status().detail).toMatchObject({ stage: 'last', why: 'stage group is over' });
  });

  test('finds a node at any depth', () => {
    const gate = gateDial();
    const deep = new Canary({ baseline: 'v1', candidate: group(), stages: held });
    const drive = driven(
      { promoted: false, gates: [gate], node: 'candidate/candidate', arm: 'fresh' },
      deep as unknown as ReturnType<typeof group>,
    );
    drive.order('promote');
    drive.strata.push({ node: 'root/group/candidate/candidate', epoch: 2, cells: { fresh: { outcomes: 1 } } });
    drive.tick();
    expect(gate.asked[0]?.strata).toHaveLength(1);
  });

  const issuesOf = (leave: object) => {
    try {
      driven(leave);
      return [];
    } catch (error) {
      return isTurnoutError(error) ? error.message.split('\n').slice(1) : [String(error)];
    }
  };
  const gates = [gateDial()];

  test.each([
    [{ gates, arm: 'fresh', node: 'other' }, "(was 'other'). Below are candidate."],
    [{ gates, arm: 'fresh', node: 'baseline' }, "(was 'baseline'). Below are candidate."],
    [{ gates, arm: 'fresh', node: 'candidate/fresh' }, "(was 'candidate/fresh'). Below are none."],
    [{ gates, arm: 'fresh', node: 'candidate/' }, "(was 'candidate/'). Below are none."],
    [{ gates, arm: 'fresh', node: 'constructor' }, "(was 'constructor'). Below are candidate."],
    [{ node: 'candidate' }, 'strategy.leave.group.node: must be left out without gates, which look at it.'],
    [{ gates: [], node: 'candidate' }, 'strategy.leave.group.node: must be left out without gates, which look at it.'],
    [{ gates, arm: 'fresh', node: '' }, 'strategy.leave.group.node: must be'],
  ])('refuses %j', (leave, issue) => {
    const issues = issuesOf(leave);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toContain(issue);
  });
});
