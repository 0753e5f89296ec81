import type { Strategy } from '../strategies/strategy.js';

/** A strategy, and whether it has asked for tasks since it was last asked. */
export interface WatchedStrategy {
  readonly strategy: Strategy<string>;
  /** True once after each time that there were any. */
  hadTasks(): boolean;
}

/**
 * The same strategy, seen through: tasks are the user's own promises, and time must stand still until they have had
 * their turn. Every member is handed on, none is changed.
 */
export function watched(strategy: Strategy<string>): WatchedStrategy {
  let had = false;
  const { kind, models, metrics, children, shape } = strategy;
  return {
    hadTasks: () => {
      const answer = had;
      had = false;
      return answer;
    },
    strategy: {
      kind,
      models,
      metrics,
      ...(children !== undefined && { children }),
      ...(shape !== undefined && { shape }),
      init: (now, scope, attempt) => strategy.init(now, scope, attempt),
      reduce: (state, signal, view, scope) => strategy.reduce(state, signal, view, scope),
      plan: (state, scope) => strategy.plan(state, scope),
      tasks: (state, scope) => {
        const tasks = strategy.tasks?.(state, scope) ?? [];
        if (tasks.length > 0) had = true;
        return tasks;
      },
      status: (state, scope) => strategy.status(state, scope),
      restore: (json) => strategy.restore(json),
    },
  };
}
