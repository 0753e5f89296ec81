import type { StopAlpha } from '../analysis/stop-ledger.js';
import type { Verdict } from '../analysis/verdict.js';
import type { Json } from '../core/json.js';
import type { Rng } from '../core/rng.js';
import type { Metrics } from '../evidence/metric.js';
import type { Stratum } from '../evidence/stratum.js';
import type { Plan } from '../plan/plan.js';

/** Where a strategy stands in the tree. `id` is its path (`ranker/candidate/ab`), `salt` what its units are hashed with. */
export interface Scope {
  readonly id: string;
  readonly salt: string;
  readonly instance: string | undefined;
  /** The revision that a change made now will be stored as: the number of an epoch that opens with it. */
  readonly revision: number;
  child(name: string, options?: { readonly salt: 'own' | 'inherit' }): Scope;
}

/**
 * An order by a person or a program. Without `node` it is for the root. A machine's rollback names the `attempt` it judged
 * and is ignored in a later one; a person's names none and always applies.
 */
export type Command = {
  readonly by: string;
  readonly node?: string;
  readonly attempt?: number;
} & (
  | { readonly type: 'promote'; readonly arm?: string }
  | {
      readonly type: 'rollback';
      readonly reason: string;
      readonly arm?: string;
      /** Of a machine's rollback: what it is told as. `quarantined` keeps the pair from being tried again, too. */
      readonly alert?: 'guardrail-failed' | 'quarantined' | 'watch-failed' | 'deadline';
      /** The guardrail that asks for it. */
      readonly rule?: string;
    }
  | {
      readonly type: 'resume' | 'reset';
      /** A person's word that a quarantined pair shall be tried again. */
      readonly override?: true;
    }
  | { readonly type: 'pause' | 'approve' | 'reject' }
);

export type Rollback = Extract<Command, { type: 'rollback' }>;
export type Restart = Extract<Command, { type: 'resume' | 'reset' }>;

export type Signal =
  | { readonly type: 'tick' }
  | Command
  | {
      readonly type: 'settled';
      readonly task: string;
      readonly node: string;
      readonly ok: boolean;
      readonly detail: Json;
    }
  | { readonly type: 'joined'; readonly instance: string }
  | { readonly type: 'left'; readonly instance: string };

/** What `reduce` may look at. `now` never goes back; `rng` is seeded by (router, revision, node), alike on every replica. */
export interface View {
  readonly now: number;
  readonly rng: Rng;
  readonly metrics: Metrics;
  /**
   * The part of alpha that guardrails may spend on this look, a fraction; default 1. A replica that is cut off from the store sees
   * other evidence than the rest of the fleet, so that its looks are tests of their own.
   */
  readonly alphaShare?: number;
  /** The evidence of this node, all epochs. */
  evidence(): readonly Stratum[];
  /** The same look for the node of a child's scope. */
  of(node: string): View;
}

/**
 * Something to tell the world once, by the replica whose change was stored. `transition` goes into the history; an `alert` says in
 * `data` which one it is, how severe, and of which attempt (`alerts.ts`).
 */
export type Notice = {
  readonly type: 'transition' | 'alert';
  readonly node: string;
  readonly data: { readonly from?: string; readonly to?: string; readonly why: string; readonly [fact: string]: Json };
};

/** What a node's guardrails and gates said at this look. Shown by `status()`, never stored: it is recomputed at every tick. */
export interface NodeVerdicts {
  readonly node: string;
  readonly verdicts: readonly Verdict[];
  /** The alpha of its guardrails, and how much of that is spent. */
  readonly stop?: StopAlpha;
  /** What the node waits for with the figures of this look; without it, `status` knows only what it waits for in general. */
  readonly waitingFor?: readonly string[];
}

/**
 * What a signal led to. The state is the same reference when nothing changed. `urgent` are rollbacks the strategy asks for:
 * they take effect before they are stored. `refused` says why a command did nothing.
 */
export interface Transition<S> {
  readonly state: S;
  readonly notices: readonly Notice[];
  readonly urgent?: readonly Command[];
  readonly verdicts?: readonly NodeVerdicts[];
  readonly refused?: string;
}

/** What a person sees of a node. */
export interface Status<M extends string> {
  readonly node: string;
  readonly kind: string;
  readonly phase: 'running' | 'waiting' | 'paused' | 'settled';
  readonly settled?: 'promoted' | 'rolled-back';
  /** The model that the node falls back to now. */
  readonly stable: M;
  readonly shares: Readonly<Record<string, number>>;
  /** What must happen before the node moves on, in words. */
  readonly waitingFor: readonly string[];
  readonly children: readonly Status<M>[];
  /** False while this instance must get no requests, since it is drained or updated. Absent where a strategy has no say in it. */
  readonly ready?: boolean;
  /** More of this kind of strategy: stage, attempt, last verdicts. For people and pages, not for programs. */
  readonly detail?: Json;
}

/** What a task may ask of the router that runs it. */
export interface TaskTools {
  /** Resolves once the newest state is served here, with its models loaded; rejects if one of them cannot be. */
  serving(): Promise<void>;
  /** Resolves once the newest state is served here, and no request has been at an instance for `quietMs` on end. */
  drained(instance: string, quietMs: number): Promise<void>;
}

/**
 * An effect that the state wants, safe to run again. `every` runs in each replica, `fleet` in one. Its end comes back as a
 * `settled` signal; an id that the state no longer wants is ignored.
 */
export interface Task {
  readonly id: string;
  readonly node: string;
  readonly name: string;
  readonly where: 'fleet' | 'every' | { readonly instance: string };
  readonly timeoutMs: number;
  run(signal: AbortSignal, tools: TaskTools): Promise<Json | void>;
}

/**
 * A rule that shares requests among models and changes the shares over time: a pure state machine. Instances hold frozen
 * options only; all that changes is in the JSON state. `M` are the models it can reach, `Q` the metrics its rules name; both
 * only ever come out.
 */
export interface Strategy<out M extends string = string, out Q extends string = string, S extends Json = Json> {
  /** A tag for telemetry. Shared code never branches on it. */
  readonly kind: string;
  readonly models: readonly M[];
  readonly metrics: readonly Q[];
  /** The strategies below, by arm name: their states are kept under `children` of this one's. */
  readonly children?: Readonly<Record<string, Strategy>>;
  /** What makes a stored state fit: arms, stage names. Numbers and functions are left out. Default: the models. */
  readonly shape?: Json;
  /**
   * The first state. `attempt` is the number of its first attempt (default 1), over 1 where an earlier state was thrown
   * away.
   */
  init(now: number, scope: Scope, attempt?: number): S;
  reduce(state: S, signal: Signal, view: View, scope: Scope): Transition<S>;
  plan(state: S, scope: Scope): Plan<M>;
  tasks?(state: S, scope: Scope): readonly Task[];
  status(state: S, scope: Scope): Status<M>;
  /** Parses a stored state; throws rather than trusts. */
  restore(json: Json): S;
}

/** What an arm leads to: a model's name or another strategy. */
export type Branch<M extends string = string, Q extends string = string> = M | Strategy<M, Q>;
export type ModelsOf<B> = B extends string ? B : B extends Strategy<infer M, string> ? M : never;
export type MetricsOf<B> = B extends string ? never : B extends Strategy<string, infer Q> ? Q : never;
