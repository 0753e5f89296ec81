import { type Json, canonicalJson } from '../core/json.js';
import type { Command, Signal, Strategy, View } from '../strategies/strategy.js';
import { modelsIn, nodesIn, planMistake } from './plan-facts.js';
import { type Step, deepFreeze, root } from './strategy-walk.js';

/** Looks at one step and says what is wrong with it, in words. A new one is made for each walk, so it may remember. */
export type Look = (step: Step) => string | undefined;

/** All that a JSON value must not hold: it would not come back from a store as it went. */
function jsonMistake(value: unknown, path: string): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${path} is ${value}`;
  if (typeof value !== 'object') return `${path} is ${value === undefined ? 'undefined' : `a ${typeof value}`}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null)
    return `${path} is a class instance`;
  for (const [key, inner] of Object.entries(value)) {
    const mistake = jsonMistake(inner, `${path}.${key}`);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}

/** What can be seen of a state. Functions in plans and tasks are left out. */
function seen({ strategy, next }: Step, state: Json): string {
  const tasks = (strategy.tasks?.(state, next) ?? []).map(({ id, name, where, timeoutMs }) => [
    id,
    name,
    where,
    timeoutMs,
  ]);
  return JSON.stringify([strategy.plan(state, next), strategy.status(state, next), tasks]);
}

const isCommand = (signal: Signal): signal is Command =>
  signal.type !== 'tick' && signal.type !== 'settled' && signal.type !== 'joined' && signal.type !== 'left';

const stateIsJson: Look = ({ after }) => jsonMistake(after.state, 'state') ?? jsonMistake(after.notices, 'notices');

const isPure: Look = ({ strategy, before, signal, after, scope, look }) => {
  const again = strategy.reduce(before, signal, look(), scope);
  return JSON.stringify(again) === JSON.stringify(after) ? undefined : 'the same input led to something else';
};

const keepsReference: Look = ({ before, after }) => {
  if (after.state === before)
    return after.notices.some(({ type }) => type === 'transition') ? 'a transition changed nothing' : undefined;
  if (after.refused !== undefined) return `it refused (${after.refused}), and yet the state changed`;
  return canonicalJson(after.state) === canonicalJson(before) ? 'an equal state is another object' : undefined;
};

const restores: Look = (step) => {
  const { strategy, after, next } = step;
  const stored = JSON.parse(JSON.stringify(after.state)) as Json;
  const back = strategy.restore(deepFreeze(stored));
  if (canonicalJson(back) !== canonicalJson(after.state)) return 'the restored state differs';
  if (seen(step, back) !== seen(step, after.state)) return 'plan, status or tasks of the restored state differ';
  return jsonMistake(strategy.status(back, next), 'status');
};

const garbage: readonly Json[] = [
  null,
  true,
  0,
  '',
  'state',
  [],
  {},
  { own: null, children: {} },
  { own: {}, children: null },
];

const refusesGarbage: Look = ({ strategy, after }) => {
  for (const json of garbage) {
    if (canonicalJson(json) === canonicalJson(after.state)) continue;
    try {
      strategy.restore(json);
    } catch {
      continue;
    }
    return `restore took ${JSON.stringify(json)}`;
  }
  return undefined;
};

const plansFit: Look = ({ strategy, after, next }) => {
  const plan = strategy.plan(after.state, next);
  const strangers = [...modelsIn(plan)].filter((model) => !strategy.models.includes(model));
  if (strangers.length > 0) return `the plan reaches ${strangers.join(', ')}, which models does not name`;
  const outside = nodesIn(plan).find(({ node }) => node !== root && !node.startsWith(`${root}/`));
  return outside === undefined ? planMistake(plan) : `the plan has a node '${outside.node}' outside of '${root}'`;
};

/** A node × epoch is what evidence is summed by: had it two sets of shares, sums of unlike things would be compared. */
const epochsAreConstant: () => Look = () => {
  const known = new Map<string, string>();
  return ({ strategy, after, next }) => {
    const stored = next.revision - 1;
    for (const { node, epoch, salt, shares } of nodesIn(strategy.plan(after.state, next))) {
      if (!(epoch <= stored)) return `${node} is in epoch ${epoch}, and revision ${stored} is stored`;
      const facts = JSON.stringify([salt, shares]);
      const before = known.get(`${node} ${epoch}`);
      if (before !== undefined && before !== facts) return `${node}, epoch ${epoch}: first ${before}, then ${facts}`;
      known.set(`${node} ${epoch}`, facts);
    }
    return undefined;
  };
};

function rollBackAll(step: Step, state: Json, node: string): Json {
  const { strategy, next, look } = step;
  const command: Command = { type: 'rollback', by: 'a person', reason: 'a law', node };
  const after = strategy.reduce(state, command, look(), next).state;
  const find = (status: ReturnType<Strategy['status']>): ReturnType<Strategy['status']> | undefined =>
    status.node === node ? status : status.children.map(find).find((found) => found !== undefined);
  const children = find(strategy.status(after, next))?.children ?? [];
  return children.reduce((below, child) => rollBackAll(step, below, child.node), after);
}

const day = 86_400_000;
const roundsMax = 100;
const tasksMax = 1000;

const laterBy = (view: View, ms: number): View => ({
  ...view,
  now: view.now + ms,
  of: (node) => laterBy(view.of(node), ms),
});

/** Where there is work to be done on the way back, all of it goes well, and time passes. */
function workedOff({ strategy, next, look }: Step, from: Json, isThere: (state: Json) => boolean): Json {
  let state = from;
  for (let round = 1; round <= roundsMax && !isThere(state); round += 1) {
    const before = state;
    const view = laterBy(look(), round * day);
    // One after another, since the end of one may make the others needless, and until there are no more.
    for (let done = 0; done < tasksMax; done += 1) {
      const task = (strategy.tasks?.(state, next) ?? [])[0];
      if (task === undefined) break;
      const settled: Signal = { type: 'settled', task: task.id, node: task.node, ok: true, detail: null };
      const { state: ended } = strategy.reduce(deepFreeze(state), settled, view, next);
      if (ended === state) break;
      state = ended;
    }
    state = strategy.reduce(deepFreeze(state), { type: 'tick' }, view, next).state;
    if (state === before) break;
  }
  return state;
}

const leadsToStable: Look = (step) => {
  const { strategy, after, next } = step;
  const isThere = (reached: Json): boolean => {
    const models = [...modelsIn(strategy.plan(reached, next))];
    return models.length === 1 && models[0] === strategy.status(reached, next).stable;
  };
  const state = workedOff(step, rollBackAll(step, deepFreeze(after.state), root), isThere);
  const { stable } = strategy.status(state, next);
  const models = [...modelsIn(strategy.plan(state, next))];
  return isThere(state)
    ? undefined
    : `after a rollback of every node the plan reaches ${models.join(', ')}, and stable is ${stable}`;
};

const rollsBackOnce: Look = ({ strategy, after, next, look }) => {
  const command: Command = { type: 'rollback', by: 'a person', reason: 'a law' };
  const first = strategy.reduce(after.state, command, look(), next).state;
  const second = strategy.reduce(deepFreeze(first), command, look(), next);
  return second.state === first ? undefined : 'a second rollback changed the state again';
};

const ignoresOldAttempts: Look = ({ strategy, after, next, look }) => {
  for (const attempt of [0, 1_000_000]) {
    const command: Command = { type: 'rollback', by: 'a machine', reason: 'a law', node: root, attempt };
    const transition = strategy.reduce(after.state, command, look(), next);
    if (transition.state !== after.state) return `a machine's rollback of attempt ${attempt} took effect`;
    if (transition.refused === undefined) return `a machine's rollback of attempt ${attempt} was not refused`;
  }
  return undefined;
};

const ignoresStrangers: Look = ({ strategy, after, next, look }) => {
  const nobody = `${root}/no such node`;
  const command: Command = { type: 'rollback', by: 'a person', reason: 'a law', node: nobody };
  const ordered = strategy.reduce(after.state, command, look(), next);
  if (ordered.state !== after.state) return 'a command for an unknown node changed the state';
  if (ordered.refused === undefined) return 'a command for an unknown node was not refused';
  const settled: Signal = { type: 'settled', task: 'no such task', node: root, ok: false, detail: null };
  const told = strategy.reduce(after.state, settled, look(), next);
  return told.state === after.state ? undefined : 'the end of an unknown task changed the state';
};

const urgentAreRollbacks: Look = ({ strategy, after, next, look }) => {
  for (const command of after.urgent ?? []) {
    if (command.type !== 'rollback') return `an urgent ${command.type}: only a rollback may act before it is stored`;
    if (command.node === undefined || command.attempt === undefined)
      return 'an urgent rollback names no node or attempt';
    const { refused } = strategy.reduce(after.state, command, look(), next);
    if (refused !== undefined) return `it refuses the rollback that it asked for: ${refused}`;
  }
  return undefined;
};

/** A promotion of the root by a person: from then on to the next order, nothing that the machine asks for is about the root. */
const keepsPromotions: () => Look = () => {
  let isPersons = false;
  return ({ strategy, signal, after, next }) => {
    if (isCommand(signal) && after.refused === undefined && (signal.node ?? root) === root) {
      isPersons = signal.type === 'promote' && strategy.status(after.state, next).settled === 'promoted';
    }
    if (!isPersons) return undefined;
    const undone = (after.urgent ?? []).some(({ node }) => node === root);
    return undone ? 'a machine rolls back what a person has promoted' : undefined;
  };
};

const alertsWithChanges: Look = ({ before, after }) =>
  after.state === before && after.notices.length > 0
    ? 'it tells something without a change, so that every replica would tell it at every look'
    : undefined;

const growsOnlyStored: Look = ({ strategy, before, signal, after, next }) => {
  if (!isCommand(signal) || signal.type !== 'rollback' || after.refused !== undefined) return undefined;
  const models = modelsIn(strategy.plan(before, next));
  const more = [...modelsIn(strategy.plan(after.state, next))].filter((model) => !models.has(model));
  const { stable } = strategy.status(after.state, next);
  return more.every((model) => model === stable) ? undefined : `a rollback newly reached ${more.join(', ')}`;
};

const statusFits: Look = ({ strategy, after, next }) => {
  const check = (status: ReturnType<Strategy['status']>): string | undefined => {
    const { node, phase, settled, stable, shares, children } = status;
    if ((phase === 'settled') !== (settled !== undefined)) return `${node}: phase ${phase}, settled ${settled}`;
    if (!strategy.models.includes(stable)) return `${node}: stable is ${stable}, which models does not name`;
    const bad = Object.entries(shares).find(([, share]) => !(share >= 0 && share <= 1));
    if (bad !== undefined) return `${node}: the share of ${bad[0]} is ${bad[1]}`;
    return children.map(check).find((found) => found !== undefined);
  };
  const status = strategy.status(after.state, next);
  return status.node === root ? check(status) : `the node is '${status.node}' in the scope '${root}'`;
};

const tasksFit: Look = ({ strategy, after, next }) => {
  const tasks = strategy.tasks?.(after.state, next) ?? [];
  if (new Set(tasks.map(({ id }) => id)).size < tasks.length) return 'two tasks have one id';
  const bad = tasks.find(
    ({ timeoutMs, node }) => !(timeoutMs > 0 && timeoutMs < Infinity && `${node}/`.startsWith(`${root}/`)),
  );
  return bad === undefined ? undefined : `task ${bad.id}: time limit ${bad.timeoutMs}, node '${bad.node}'`;
};

/** The laws by name, in the order of how much else fails when they do. */
export const strategyLooks: Readonly<Record<string, () => Look>> = {
  'keeps its state in JSON': () => stateIsJson,
  'reduces purely: the same input leads to the same end, and nothing is changed in place': () => isPure,
  'returns the same reference when nothing changed': () => keepsReference,
  'restores from its own JSON': () => restores,
  'refuses a stored state that it did not write': () => refusesGarbage,
  'plans only what a router can do: shares and cuts sum to the whole, the control last': () => plansFit,
  'keeps the shares and the salt of an epoch constant': epochsAreConstant,
  'reaches the stable model alone by rollbacks, and by the work that they ask for, from every state': () =>
    leadsToStable,
  'rolls back once: a second rollback changes nothing': () => rollsBackOnce,
  "ignores a machine's rollback of another attempt": () => ignoresOldAttempts,
  'ignores unknown nodes and tasks': () => ignoresStrangers,
  'asks urgently for rollbacks only, and obeys them': () => urgentAreRollbacks,
  'lets no machine undo what a person has promoted': keepsPromotions,
  'tells an alert only with a change of state': () => alertsWithChanges,
  'reaches no new model by a rollback, save the stable one': () => growsOnlyStored,
  'tells a status that fits': () => statusFits,
  'wants tasks that can be told apart and end': () => tasksFit,
};
