import type { Json } from '../../core/json.js';
import type { CompiledPlan } from '../../plan/compile.js';
import { type CountedNode, countedNodes } from '../../plan/counted-nodes.js';
import type { Plan, Reason } from '../../plan/plan.js';
import type { InForce } from './control-loop.js';

/** What adoption needs of the models. */
interface Loader<M extends string> {
  ensure(model: M): Promise<void> | undefined;
  retain(models: readonly M[]): void;
}

export interface AdoptionOptions<M extends string> {
  readonly pool: Loader<M>;
  /** Load what a plan reaches before it is adopted; otherwise the first request that needs a model loads it. */
  readonly isEager: boolean;
  plan(state: Json, revision: number): Plan<M>;
  compile(plan: Plan<M>, reason?: Reason): CompiledPlan<M>;
  onAdopted(nodes: readonly CountedNode[], isStored: boolean): void;
  onError(error: unknown, operation: string): void;
}

/**
 * Decides when a state begins to be served. A plan that reaches models which are not loaded here waits for them, and requests go on
 * by the last one; a rollback that is not stored yet waits for nothing.
 */
export class Adoption<M extends string> {
  readonly #options: AdoptionOptions<M>;
  #current: CompiledPlan<M>;
  #wanted: InForce | undefined;
  /** The models of the wanted plan could not be loaded. */
  #hasFailed = false;
  #isFirst = true;
  #waitingFor: readonly M[] = [];

  /** Begins with a plan that serves one model, until a state is adopted. */
  constructor(stable: M, reason: Reason, options: AdoptionOptions<M>) {
    this.#options = options;
    this.#current = options.compile({ op: 'serve', model: stable }, reason);
  }

  /** The plan that requests are served by. */
  get current(): CompiledPlan<M> {
    return this.#current;
  }

  /** The models that a newer plan waits for here. */
  get behind(): readonly M[] {
    return this.#waitingFor;
  }

  /** Serves by this state as soon as it is safe. The last call wins. */
  adopt(force: InForce): void {
    const wanted = this.#wanted;
    const isSame = wanted?.state === force.state && wanted.isStored === force.isStored;
    if (isSame && !this.#hasFailed) return;
    let compiled: CompiledPlan<M>;
    try {
      compiled = this.#options.compile(this.#options.plan(force.state, force.revision));
    } catch (error) {
      this.#options.onError(error, 'plan');
      return;
    }
    this.#wanted = force;
    this.#hasFailed = false;
    this.#options.pool.retain([...new Set([...this.#current.models, ...compiled.models])]);
    const loads = this.#options.isEager ? this.#load(compiled) : [];
    // The first plan has nothing to wait behind: its requests wait for their own model only.
    if (loads.length === 0 || !force.isStored || this.#isFirst) return this.#swap(compiled, force);
    this.#waitingFor = loads.map(({ model }) => model);
    Promise.all(loads.map(({ loading }) => loading)).then(
      () => {
        if (this.#wanted === force) this.#swap(compiled, force);
      },
      () => {
        // The pool has reported it, and `retry` tries again.
        if (this.#wanted === force) this.#hasFailed = true;
      },
    );
  }

  /** Tries once more to load what the wanted plan reaches, if that failed. */
  retry(): void {
    if (this.#hasFailed && this.#wanted !== undefined) this.adopt(this.#wanted);
  }

  #load(compiled: CompiledPlan<M>): readonly { readonly model: M; readonly loading: Promise<void> }[] {
    return compiled.models.flatMap((model) => {
      const loading = this.#options.pool.ensure(model);
      // Each is waited for together with the others; on its own a failure here is nobody's.
      loading?.catch(() => {});
      return loading === undefined ? [] : [{ model, loading }];
    });
  }

  #swap(compiled: CompiledPlan<M>, force: InForce): void {
    this.#current = compiled;
    this.#isFirst = false;
    this.#waitingFor = [];
    this.#options.pool.retain(compiled.models);
    this.#options.onAdopted(countedNodes(compiled.plan), force.isStored);
  }
}
