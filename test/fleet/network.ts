import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What the network does. `flowing`: all is well. `stalled`: nothing goes either way. `deaf`: what is sent arrives and is carried out,
 * but no answer comes back. What was held is delivered, late, when it flows again.
 */
export type Condition = 'flowing' | 'stalled' | 'deaf';

/** One direction of one connection. */
class Pipe {
  readonly #to: Socket;
  #held: Buffer[] | undefined;

  constructor(from: Socket, to: Socket) {
    this.#to = to;
    from.on('data', (data: Buffer) => {
      if (this.#held === undefined) to.write(data);
      else this.#held.push(data);
    });
  }

  hold(isHeld: boolean): void {
    if (isHeld) {
      this.#held ??= [];
      return;
    }
    for (const data of this.#held ?? []) this.#to.write(data);
    this.#held = undefined;
  }
}

interface Link {
  readonly there: Pipe;
  readonly back: Pipe;
  end(): void;
}

/** The network between one process and its server, on a port of its own that stays when the process is started again. */
export class Network {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #condition: Condition = 'flowing';

  private constructor(target: number) {
    this.#server = createServer((client) => this.#join(client, connect(target, '127.0.0.1')));
  }

  static async to(target: number): Promise<Network> {
    const network = new Network(target);
    await once(network.#server.listen(0, '127.0.0.1'), 'listening');
    return network;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  become(condition: Condition): void {
    this.#condition = condition;
    for (const link of this.#links) this.#apply(link);
  }

  /** Breaks all connections: what was held is lost. New ones are as they were. */
  cut(): void {
    for (const link of this.#links) link.end();
  }

  async close(): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    this.cut();
    await closed;
  }

  #join(client: Socket, server: Socket): void {
    const link: Link = {
      there: new Pipe(client, server),
      back: new Pipe(server, client),
      end: () => {
        this.#links.delete(link);
        client.destroy();
        server.destroy();
      },
    };
    for (const socket of [client, server]) socket.on('error', link.end).on('close', link.end);
    this.#links.add(link);
    this.#apply(link);
  }

  #apply({ there, back }: Link): void {
    there.hold(this.#condition === 'stalled');
    back.hold(this.#condition !== 'flowing');
  }
}
