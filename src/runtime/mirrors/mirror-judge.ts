import type { RouteMirror } from '../../plan/plan.js';
import { type ComparisonStep, judgePair } from './judge-pair.js';
import type { ProbeResult } from '../calls/probe.js';
import { isStream } from '../streams/streams.js';

/** What the user got: the settlement of the primary. A stream is offered when it has ended. */
export interface Primary {
  readonly output: unknown;
  readonly ok: boolean;
  readonly latencyMs: number;
  /** Wall time of the request. */
  readonly at: number;
  /** The output is, or was, a stream: it is not compared. */
  readonly streamed?: boolean;
  /** The user left the stream before its end, so that there is nothing to compare with: not mirrored. */
  readonly cancelled?: boolean;
}

/** A request and its shadow, as evidence. */
export interface MirroredPair {
  readonly at: number;
  readonly primary: { readonly error: boolean; readonly latencyMs: number };
  readonly shadow: { readonly error: boolean; readonly latencyMs: number };
  readonly compared: boolean;
  readonly mismatch: boolean;
}

/** Two outputs that differed, as the comparison's `clean` left them. */
export interface Difference {
  readonly at: number;
  readonly node: string;
  readonly arm: string;
  readonly epoch: number;
  readonly model: string;
  readonly primary: unknown;
  readonly shadow: unknown;
}

/** What failed of a mirror, as the operation of an error. */
export type MirrorStep = ComparisonStep | 'draw' | 'copy-input' | 'mirrored';

export interface MirrorJudgeOptions {
  readonly sample: number;
  onMismatch(difference: Difference): void;
  onError(error: unknown, operation: MirrorStep): void;
}

type Mirror = RouteMirror<string>;

/** Makes evidence of a request and its shadow: by the mirror's comparison, with a bounded sample of what differed. */
export class MirrorJudge {
  readonly #options: MirrorJudgeOptions;
  readonly #differences: Difference[] = [];
  readonly #counters = {
    shadowErrors: 0,
    shadowStreams: 0,
    shadowsCompared: 0,
    shadowMismatches: 0,
    shadowsIgnored: 0,
    comparisonErrors: 0,
  };

  constructor(options: MirrorJudgeOptions) {
    this.#options = options;
  }

  judge(mirror: Mirror, input: unknown, primary: Primary, { output, settlement }: ProbeResult): MirroredPair {
    const streamed = primary.streamed === true || settlement.streamed === true || isStream(primary.output);
    if (streamed) this.#counters.shadowStreams += 1;
    if (!settlement.ok) this.#counters.shadowErrors += 1;
    const comparable = primary.ok && settlement.ok && !streamed;
    const verdict = comparable ? this.#compare(mirror, primary, output, input) : undefined;
    return {
      at: primary.at,
      primary: { error: !primary.ok, latencyMs: primary.latencyMs },
      shadow: { error: !settlement.ok, latencyMs: settlement.latencyMs },
      compared: verdict !== undefined,
      mismatch: verdict === 'different',
    };
  }

  /** The last differences, oldest first. */
  differences(): readonly Difference[] {
    return [...this.#differences];
  }

  counters(): Readonly<Record<string, number>> {
    return this.#counters;
  }

  #compare(mirror: Mirror, primary: Primary, shadow: unknown, input: unknown): 'same' | 'different' | undefined {
    const { comparison } = mirror;
    if (comparison === undefined) return undefined;
    const judgement = judgePair(comparison, { primary: primary.output, shadow, input });
    if (judgement.verdict === 'error') {
      this.#failed(judgement.error, judgement.step);
      return undefined;
    }
    if (judgement.verdict === 'ignored') {
      this.#counters.shadowsIgnored += 1;
      return undefined;
    }
    this.#counters.shadowsCompared += 1;
    if (judgement.verdict === 'different') this.#differ(mirror, primary, shadow);
    return judgement.verdict;
  }

  #differ({ node, arm, epoch, model, comparison }: Mirror, primary: Primary, shadow: unknown): void {
    this.#counters.shadowMismatches += 1;
    const clean = (output: unknown): unknown => (comparison?.clean === undefined ? output : comparison.clean(output));
    let difference: Difference;
    try {
      const at = primary.at;
      difference = Object.freeze({
        at,
        node,
        arm,
        epoch,
        model,
        primary: clean(primary.output),
        shadow: clean(shadow),
      });
    } catch (error) {
      // The pair differs all the same, but what could not be cleaned is not kept.
      this.#failed(error, 'clean');
      return;
    }
    this.#differences.push(difference);
    if (this.#differences.length > this.#options.sample) this.#differences.shift();
    try {
      this.#options.onMismatch(difference);
    } catch (error) {
      this.#options.onError(error, 'mirrored');
    }
  }

  #failed(error: unknown, step: ComparisonStep): void {
    this.#counters.comparisonErrors += 1;
    this.#options.onError(error, step);
  }
}
