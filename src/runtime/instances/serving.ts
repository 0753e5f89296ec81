/** What serving needs of the adoption of plans and of the models. */
export interface ServingOptions {
  /** True while a newer plan waits for its models. */
  isBehind(): boolean;
  /** Loads what the plan in force reaches. */
  load(): Promise<unknown>;
}

/** Lets a task wait until the plan that it belongs to is served here: a drain before requests are routed away would end early. */
export class Serving {
  readonly #options: ServingOptions;
  #waiters: (() => void)[] = [];

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  /** Another plan is served from now on. */
  adopted(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  /** Resolves when the newest plan is served and its models are loaded; rejects when one of them cannot be. */
  async reached(): Promise<void> {
    while (this.#options.isBehind()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    await this.#options.load();
  }
}
