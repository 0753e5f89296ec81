import { type TokenContent, type TokenSigner, type UnitMarks, encodeToken } from '../evidence/token.js';
import type { Exposure, Reason, Route } from '../plan/plan.js';

/** Which model a request was given, and the way to say later what came of it. */
export interface Decision<M extends string> {
  /** The assigned model. What comes of the request counts for its arm, whoever answered. */
  readonly model: M;
  /** The model that answered: a fallback if the assigned one failed; undefined before an answer, and after `decide`. */
  readonly served: M | undefined;
  readonly exposures: readonly Exposure[];
  readonly reason: Reason;
  /** Names the decision in any process, days later. Made when it is first read. */
  readonly token: string;
}

/** What a decision needs of its router to make a token. */
export interface DecisionSource {
  readonly router: string;
  readonly signer: TokenSigner | undefined;
  newId(): string;
}

/** A decision as the router keeps it: the route, the time, and an id and a token that most requests never ask for. */
export class RoutedDecision<M extends string> implements Decision<M> {
  readonly #source: DecisionSource;
  readonly #route: Route<M>;
  readonly at: number;
  /** Where its unit is counted; -1 where units are not told apart. */
  readonly marks: UnitMarks;
  readonly #covariates: Readonly<Record<string, number>> | undefined;
  served: M | undefined;
  /** The router called the model itself, so that its outcome is counted already. */
  measured = false;
  #id: string | undefined;
  #token: string | undefined;

  constructor(
    source: DecisionSource,
    route: Route<M>,
    at: number,
    marks: UnitMarks = -1,
    covariates?: Readonly<Record<string, number>>,
  ) {
    this.#source = source;
    this.#route = route;
    this.at = at;
    this.marks = marks;
    this.#covariates = covariates;
  }

  get model(): M {
    return this.#route.model;
  }

  get exposures(): readonly Exposure[] {
    return this.#route.exposures;
  }

  get reason(): Reason {
    return this.#route.reason;
  }

  get token(): string {
    this.#token ??= encodeToken(this.content(), this.#source.signer);
    return this.#token;
  }

  /** Whether this router made it. */
  isFrom(source: DecisionSource): boolean {
    return this.#source === source;
  }

  /** What a token holds. */
  content(): TokenContent {
    this.#id ??= this.#source.newId();
    const { model, exposures } = this.#route;
    const covariates = this.#covariates;
    return {
      router: this.#source.router,
      id: this.#id,
      at: this.at,
      model,
      exposures,
      ...(this.measured && { measured: true }),
      ...(this.marks !== -1 && { marks: this.marks }),
      ...(covariates !== undefined && { covariates }),
    };
  }

  /** Shown by loggers and `JSON.stringify`, where getters of a class would not be. */
  toJSON(): Record<string, unknown> {
    const { model, served, exposures, reason, token } = this;
    return { model, served, exposures, reason, token };
  }
}
