import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import type { RelayEngine } from '#server/policy/relay/service/engine.ts';
import { parseHubFrame, type RelayFrame } from '#server/policy/relay/service/wire.ts';

export interface LinkOptions {
  hub: string;
  /** Made with the link's `send`, since each needs the other. */
  engine: (send: (frame: RelayFrame) => void) => RelayEngine;
  say: (event: string, facts: Record<string, unknown>) => void;
  beatMs?: number;
  /** Fewer than zero never falls back; used where only one of the two is wanted. */
  pollAfterFailures?: number;
}

export interface Link {
  engine: RelayEngine;
  /** Asks the hub again at once instead of waiting for the next attempt. */
  hurry(): void;
  stop(): Promise<void>;
  carrier(): 'websocket' | 'long-poll' | 'none';
}

const firstPauseMs = 250;
const longestPauseMs = 15_000;
const silenceMs = 10_000;

/**
 * Keeps a relay connected: WebSocket, or long-polling where something on the way does not let that through. Pauses grow
 * and are drawn anew each time, so that a thousand relays that lost the same hub do not come back in the same instant.
 */
export function keepLink(options: LinkOptions): Link {
  const base = options.hub.replace(/\/+$/, '');
  const pollAfter = options.pollAfterFailures ?? 2;
  let send: (frame: RelayFrame) => void = () => {};
  let stopped = false;
  let cut: () => void = () => {};
  let wake: () => void = () => {};
  let carrier: 'websocket' | 'long-poll' | 'none' = 'none';
  let queue: Promise<unknown> = Promise.resolve();
  const engine = options.engine(frame => send(frame));

  /** In order, one after the other: an entry must be on disk before the next is looked at. */
  const receive = (text: string) => {
    const frame = parseHubFrame(text);
    if (!frame) return options.say('relay.unreadable', { bytes: text.length });
    queue = queue
      .then(() => engine.receive(frame))
      .catch(error => options.say('relay.failed', { error: String(error) }));
  };

  const overWebSocket = () =>
    new Promise<boolean>(resolve => {
      const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/relay/connect`, {
        perMessageDeflate: false,
        handshakeTimeout: 5000,
        maxPayload: 32 * 1024 * 1024,
      });
      let opened = false;
      let silence: NodeJS.Timeout | undefined;
      const alive = () => {
        clearTimeout(silence);
        silence = setTimeout(() => socket.terminate(), silenceMs);
      };
      cut = () => socket.terminate();
      socket.on('open', () => {
        opened = true;
        carrier = 'websocket';
        send = frame => {
          if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
        };
        engine.opened();
        alive();
      });
      socket.on('message', data => {
        alive();
        receive(String(data));
      });
      socket.on('error', error => options.say('relay.link_error', { error: error.message }));
      socket.on('close', () => {
        clearTimeout(silence);
        resolve(opened);
      });
    });

  /** One exchange after the other: what was said goes up, the hub holds the answer until it has something. */
  const overPolling = async (): Promise<boolean> => {
    let session: string | null = null;
    let outgoing: RelayFrame[] = [];
    let opened = false;
    const aborted = new AbortController();
    cut = () => aborted.abort();
    send = frame => void outgoing.push(frame);
    engine.opened();
    while (!stopped && !aborted.signal.aborted) {
      const frames = outgoing;
      outgoing = [];
      try {
        const answer: Response = await fetch(`${base}/relay/exchange`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ session, frames }),
          signal: AbortSignal.any([aborted.signal, AbortSignal.timeout(30_000)]),
        });
        if (!answer.ok) return opened;
        const body = (await answer.json()) as { session: string; frames: string[] };
        session = body.session;
        opened = true;
        carrier = 'long-poll';
        for (const text of body.frames) receive(text);
        await queue;
      } catch (error) {
        if (!aborted.signal.aborted) options.say('relay.link_error', { error: String(error) });
        return opened;
      }
    }
    return opened;
  };

  const running = (async () => {
    for (let failures = 0; !stopped; ) {
      const poll = pollAfter >= 0 && failures >= pollAfter && failures % 2 === 0;
      const opened = poll ? await overPolling() : await overWebSocket();
      const welcomed = engine.status().connected;
      carrier = 'none';
      send = () => {};
      engine.closed();
      // Let in is what counts: one that the hub refuses asks at longer and longer intervals.
      failures = opened && welcomed ? 0 : failures + 1;
      if (stopped) break;
      const pause = Math.random() * Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 8));
      await Promise.race([sleep(pause), new Promise<void>(resolve => (wake = resolve))]);
    }
  })();

  const beats = setInterval(() => {
    queue = queue.then(() => engine.beat()).catch(() => {});
  }, options.beatMs ?? 1000);

  return {
    engine,
    hurry: () => wake(),
    carrier: () => carrier,
    stop: async () => {
      stopped = true;
      clearInterval(beats);
      cut();
      wake();
      await running;
      await queue;
    },
  };
}
