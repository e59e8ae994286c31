import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { takeToken } from '#kernel/http/rate-limit.ts';
import { send } from '#kernel/http/rest/carry.ts';
import { refusal } from '#kernel/http/rest/response.ts';
import { type Loop, startLoop } from '#kernel/jobs/loop.ts';
import { log } from '#kernel/log/log.ts';
import { openBus } from '#kernel/realtime/bus.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { heard, standing } from '#server/federation/trust/service.ts';
import { consoleSigning } from '#server/policy/hub/service/console-signing.ts';
import { Hub } from '#server/policy/hub/service/hub.ts';
import { acceptJoin } from '#server/policy/hub/service/join.ts';
import type { Session } from '#server/policy/hub/service/session.ts';

export interface RunningHub {
  hub: Hub;
  /** Puts the relays' routes on the port of the hub. */
  attach(server: FastifyInstance): void;
  stop(): Promise<void>;
}

const highWater = 8 * 1024 * 1024;
const holdMs = 20_000;
const forgetMs = 30_000;

/** The hub's loops: what is published is staged and decided at once, leases are renewed each second. */
export async function startHub(database: Database, clock: Clock): Promise<RunningHub> {
  const hub = new Hub({
    database,
    clock,
    signing: consoleSigning(database, clock),
    trust: {
      standing: () => standing({ database, clock }),
      heard: (relay, sequence) =>
        void heard({ database, clock }, 'relay', [{ target: relay, sequence }]).catch(error =>
          log().warn({ event: 'hub.trust_unheard', relay, error }),
        ),
    },
  });
  let wake: () => void = () => {};
  let woken = false;
  const nudge = () => {
    woken = true;
    wake();
  };
  await hub.start(nudge);
  const bus = await openBus(database);
  const unsubscribe = bus.subscribe(event => {
    if ('gap' in event) hub.keysChanged();
    if ('gap' in event || event.topic === 'rollouts') return nudge();
    // Should this fail, the look at all of them each second finds it.
    if (event.topic === 'relays' && event.key !== null)
      hub.recheck(event.key).catch(error => log().warn({ event: 'hub.recheck_failed', error }));
    if (event.topic === 'keys') hub.keysChanged();
    // Whoever is no longer trusted is said at once, not with the next beat.
    if (event.topic === 'trust') hub.beat().catch(error => log().warn({ event: 'hub.beat_failed', error }));
  });
  const steps = startLoop(
    'policy-hub',
    1,
    async () => {
      woken = false;
      const done = await hub.step();
      if (done > 0 || woken) return 1;
      const due = Math.min(hub.dueIn() ?? 1000, 1000);
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, due);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      return 1;
    },
    'Stages and decides published policies',
  );
  const beats: Loop = startLoop(
    'policy-beat',
    1000,
    async () => {
      await hub.beat();
      await hub.recheckAll();
      return 0;
    },
    'Renews the leases of connected relays',
  );
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 2 * 1024 * 1024,
  });
  sockets.on('connection', socket => serveSocket(hub, socket));
  const polls = new Polls(hub);
  return {
    hub,
    attach: server => attach(server, { hub, database, clock, sockets, polls }),
    stop: async () => {
      unsubscribe();
      nudge();
      await Promise.allSettled([steps.stop(), beats.stop(), bus.close()]);
      await hub.stop();
      polls.close();
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}

function serveSocket(hub: Hub, socket: WebSocket): void {
  const session = hub.open(
    text => {
      if (socket.readyState !== socket.OPEN) return;
      // One that does not read is let go; it catches up from its cursor when it does.
      if (socket.bufferedAmount > highWater) return socket.terminate();
      socket.send(text);
    },
    () => socket.close(),
  );
  socket.on('message', data => {
    session.receive(String(data)).catch(error => {
      log().error({ event: 'hub.message_failed', error });
      socket.terminate();
    });
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => hub.closed(session));
}

interface Poll {
  session: Session;
  out: string[];
  wake: () => void;
  ended: boolean;
  seenAt: number;
}

/** The same conversation without a socket: the relay asks, and the answer waits until there is something to say. */
class Polls {
  readonly #hub: Hub;
  readonly #polls = new Map<string, Poll>();
  readonly #sweep: NodeJS.Timeout;

  constructor(hub: Hub) {
    this.#hub = hub;
    this.#sweep = setInterval(() => this.#forget(), 5000);
    this.#sweep.unref();
  }

  async exchange(
    id: string | null,
    frames: readonly unknown[],
  ): Promise<{ session: string; frames: string[] } | null> {
    const key = id ?? randomBytes(24).toString('base64url');
    const poll = id === null ? this.#open(key) : this.#polls.get(id);
    if (!poll) return null;
    poll.seenAt = performance.now();
    for (const frame of frames) await poll.session.receive(JSON.stringify(frame));
    if (poll.out.length === 0 && !poll.ended)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, holdMs);
        poll.wake = () => {
          clearTimeout(timer);
          setTimeout(resolve, 2); // whatever else is said in this instant comes along
        };
      });
    if (poll.ended) this.#polls.delete(key);
    return { session: key, frames: poll.out.splice(0) };
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const poll of this.#polls.values()) poll.wake();
  }

  #open(key: string): Poll {
    const out: string[] = [];
    const poll = { out, wake: () => {}, ended: false, seenAt: performance.now() } as unknown as Poll;
    this.#polls.set(key, poll);
    poll.session = this.#hub.open(
      text => {
        poll.out.push(text);
        poll.wake();
      },
      () => {
        poll.ended = true;
        poll.wake();
      },
    );
    return poll;
  }

  #forget(): void {
    for (const [key, poll] of this.#polls)
      if (performance.now() - poll.seenAt > forgetMs) {
        this.#polls.delete(key);
        this.#hub.closed(poll.session);
      }
  }
}

interface Attached {
  hub: Hub;
  database: Database;
  clock: Clock;
  sockets: WebSocketServer;
  polls: Polls;
}

/** Relays carry no session and no token of the console: they prove themselves by key, message by message. */
function attach(server: FastifyInstance, { database, clock, sockets, polls }: Attached): void {
  const limit = (ip: string, what: string, perSecond: number) =>
    takeToken(database, `relay:${what}:${ip}`, { capacity: perSecond * 10, perSecond }, clock.now());
  const guarded = async (reply: Parameters<typeof send>[0], work: () => Promise<unknown>) => {
    try {
      return await reply.send(await work());
    } catch (error) {
      return send(reply, refusal(error));
    }
  };
  server.post('/relay/join', (request, reply) =>
    guarded(reply, async () => {
      await limit(request.ip, 'join', 5);
      const [, token = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
      reply.code(201);
      return acceptJoin(systemContext('policy.join', database, clock), bodyOf(request.body), token);
    }),
  );
  server.post('/relay/exchange', (request, reply) =>
    guarded(reply, async () => {
      const body = bodyOf(request.body) as { session?: unknown; frames?: unknown };
      const session = typeof body.session === 'string' ? body.session : null;
      if (session === null) await limit(request.ip, 'poll', 20);
      const frames = Array.isArray(body.frames) ? body.frames.slice(0, 1000) : [];
      const answer = await polls.exchange(session, frames);
      if (answer) return answer;
      reply.code(410);
      return {
        type: 'about:blank',
        status: 410,
        title: 'Gone',
        detail: 'The conversation is over; begin a new one.',
      };
    }),
  );
  server.server.on('upgrade', (request, socket, head) => {
    if (new URL(request.url ?? '/', 'http://hub').pathname !== '/relay/connect') return socket.destroy();
    // A browser sends an origin; a relay never does. So no page can open this socket for its visitor.
    if (request.headers.origin !== undefined) return socket.destroy();
    sockets.handleUpgrade(request, socket, head, ws => sockets.emit('connection', ws, request));
  });
}

function bodyOf(body: unknown): unknown {
  if (!Buffer.isBuffer(body)) return body ?? {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return {};
  }
}
