import { type Language, models } from './models.js';

type Name = keyof typeof models;

const updateMs = 300;

/** Four model servers in this process, each with one detector at a time; one that is asked for another, or while it is updated, fails. */
export class Servers {
  readonly names = ['server-1', 'server-2', 'server-3', 'server-4'];
  /** How often a server was asked for what it could not answer. */
  failures = 0;
  readonly #serving = new Map<string, Name | undefined>();

  constructor(first: Name) {
    for (const name of this.names) this.#serving.set(name, first);
  }

  /** The detector of a name, on the server that the router chose, or beside the servers where it chose none. */
  model(name: Name): (text: string, call: { readonly instance?: string }) => Language {
    const detect = models[name];
    return (text, { instance }) => {
      if (instance === undefined || this.#serving.get(instance) === name) return detect(text);
      this.failures += 1;
      throw new Error(`${instance} does not serve ${name} now`);
    };
  }

  /** Takes a server out, and brings it back with another detector. */
  async update({ instance, model }: { readonly instance: string; readonly model: Name }): Promise<void> {
    this.#serving.set(instance, undefined);
    await new Promise((resolve) => setTimeout(resolve, updateMs));
    this.#serving.set(instance, model);
  }

  /** What the servers serve now, each kind once. */
  get serving(): readonly (Name | undefined)[] {
    return [...new Set(this.#serving.values())];
  }
}
