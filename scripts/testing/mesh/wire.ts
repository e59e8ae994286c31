import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

type Direction = 'up' | 'down';

/** A TCP proxy between a relay and its hub. What a cut holds back arrives when it heals, as TCP would deliver it. */
export class Wire {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #held: Record<Direction, (() => void)[]> = { up: [], down: [] };
  readonly #cut: Record<Direction, boolean> = { up: false, down: false };
  #refusing = false;
  delayMs = 0;
  /** As a middlebox that knows nothing of WebSocket. */
  readonly plainHttpOnly: boolean;

  static async to(port: number, options: { plainHttpOnly?: boolean } = {}): Promise<Wire> {
    const wire = new Wire(port, options.plainHttpOnly ?? false);
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    return wire;
  }

  private constructor(target: number, plainHttpOnly: boolean) {
    this.plainHttpOnly = plainHttpOnly;
    this.#server = createServer(relay => this.#join(relay, target));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** One way only; with no direction the connections break and new ones are refused. */
  cut(direction?: Direction): void {
    if (direction) {
      this.#cut[direction] = true;
      return;
    }
    this.#refusing = true;
    this.#breakAll();
  }

  heal(): void {
    this.#refusing = false;
    for (const direction of ['up', 'down'] as const) {
      this.#cut[direction] = false;
      for (const deliver of this.#held[direction].splice(0)) deliver();
    }
  }

  async close(): Promise<void> {
    this.#breakAll();
    this.#server.close();
  }

  #breakAll(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #join(relay: Socket, target: number): void {
    if (this.#refusing) {
      relay.destroy();
      return;
    }
    const hub = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [relay, hub],
      [hub, relay],
    ] as const) {
      this.#open.add(from);
      from.setNoDelay(true);
      from.on('error', () => from.destroy());
      from.on('close', () => {
        this.#open.delete(from);
        to.destroy();
      });
    }
    relay.on('data', data => {
      if (this.plainHttpOnly && /^upgrade: websocket/im.test(data.toString('latin1'))) relay.destroy();
      else this.#pass('up', hub, data);
    });
    hub.on('data', data => this.#pass('down', relay, data));
  }

  #pass(direction: Direction, to: Socket, data: Buffer): void {
    const deliver = () => void (to.writable && to.write(data));
    if (this.#cut[direction]) this.#held[direction].push(deliver);
    else if (this.delayMs > 0) setTimeout(deliver, this.delayMs);
    else deliver();
  }
}
