import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A network between clients and a server that can be cut, and can swallow what comes back. */
export class Proxy {
  readonly #server: Server;
  readonly #links = new Set<readonly [client: Socket, server: Socket]>();
  #isStalled = false;

  private constructor(target: number) {
    this.#server = createServer((client) => {
      const server = connect(target, '127.0.0.1');
      const link = [client, server] as const;
      this.#links.add(link);
      const end = () => {
        this.#links.delete(link);
        for (const socket of link) socket.destroy();
      };
      for (const socket of link) {
        socket.on('error', end);
        socket.on('close', end);
      }
      client.pipe(server);
      server.on('data', (data) => {
        if (!this.#isStalled) client.write(data);
      });
    });
  }

  static async to(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** From now on calls are carried out and no answer arrives. */
  stall(): void {
    this.#isStalled = true;
  }

  /** Breaks all connections; new ones work. */
  cut(): void {
    this.#isStalled = false;
    for (const link of this.#links) for (const socket of link) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    this.cut();
    await closed;
  }
}
