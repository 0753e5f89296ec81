import { clusterCount } from '../stats/clusters/unit-hash.js';
import { recordOf } from '../core/json.js';
import type { UnitClusters } from './unit-clusters.js';

type Sums = Map<string, Float64Array>;

function add(sums: Sums, name: string, cluster: number, value: number): void {
  let list = sums.get(name);
  if (list === undefined) sums.set(name, (list = new Float64Array(clusterCount)));
  list[cluster] = (list[cluster] as number) + value;
}

/** An array keeps its length whatever the keys of its owner are called. */
const listsOf = (sums: Sums) => recordOf([...sums].map(([name, list]) => [name, Array.from(list)] as const));

/** The running sums of one arm in one stratum by cluster of units; requests only raise its numbers. */
export class ClusterCounter {
  readonly #exposed = new Float64Array(clusterCount);
  readonly #outcomes = new Float64Array(clusterCount);
  readonly #errors = new Float64Array(clusterCount);
  readonly #latency = new Float64Array(clusterCount);
  #counts: Sums = new Map();
  #sums: Sums = new Map();
  #covariates: Sums = new Map();

  expose(cluster: number): void {
    this.#exposed[cluster] = (this.#exposed[cluster] as number) + 1;
  }

  settle(cluster: number): void {
    this.#outcomes[cluster] = (this.#outcomes[cluster] as number) + 1;
  }

  fail(cluster: number): void {
    this.#errors[cluster] = (this.#errors[cluster] as number) + 1;
  }

  /** As a logarithm: latencies spread over orders of magnitude, and one slow call must not stand for its cluster. */
  took(cluster: number, latencyMs: number): void {
    this.#latency[cluster] = (this.#latency[cluster] as number) + Math.log1p(latencyMs);
  }

  report(cluster: number, name: string, value: number): void {
    add(this.#sums, name, cluster, value);
  }

  /** What the metric's own mean divides by. */
  count(cluster: number, name: string, n: number): void {
    add(this.#counts, name, cluster, n);
  }

  covariate(cluster: number, name: string, value: number): void {
    add(this.#covariates, name, cluster, value);
  }

  toJSON(): UnitClusters {
    const isAny = (list: Float64Array) => list.some((value) => value !== 0);
    for (const [name, list] of [
      ['error', this.#errors],
      ['latency', this.#latency],
    ] as const) {
      if (isAny(list)) this.#sums.set(name, list);
    }
    return {
      ...(isAny(this.#exposed) && { exposed: Array.from(this.#exposed) }),
      ...(isAny(this.#outcomes) && { outcomes: Array.from(this.#outcomes) }),
      n: listsOf(this.#counts),
      sum: listsOf(this.#sums),
      ...(this.#covariates.size > 0 && { covariate: listsOf(this.#covariates) }),
    };
  }
}
