import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import WebSocket from 'ws';
import { publicPem } from '#kernel/signing/algorithm.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { signEnvelope } from '#kernel/signing/dsse.ts';
import { type HubFrame, type LogBody, type RelayBody, relayType } from '#server/policy/relay/schema.ts';

export interface BenchKey {
  id: string;
  key: KeyObject;
  pem: string;
}

export const benchKeys = (count: number): BenchKey[] =>
  Array.from({ length: count }, (_, i) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return { id: `bench-${i}`, key: privateKey, pem: publicPem(publicKey) };
  });

/** A frame is the same text for all relays of a scope: read once, not two thousand times in this one process. */
const readFrames = new Map<string, HubFrame>();
function frameOf(text: string): HubFrame {
  const known = readFrames.get(text);
  if (known) return known;
  const frame = JSON.parse(text) as HubFrame;
  if (frame.frame === 'entries') readFrames.set(text, frame);
  return frame;
}

const bodies = new WeakMap<object, LogBody>();
function bodyOf(entry: { body: string | null }): LogBody | null {
  if (entry.body === null) return null;
  const known = bodies.get(entry);
  if (known) return known;
  const body = JSON.parse(Buffer.from(entry.body, 'base64').toString()) as LogBody;
  bodies.set(entry, body);
  return body;
}

/** Speaks as a relay does, every message signed with its own key; it does not verify, since that is the edge's time. */
export class BenchRelay {
  readonly #own: BenchKey;
  readonly #socket: WebSocket;
  readonly #at: { cursor: number; headHash: string };
  readonly frames: string[] = [];
  #seq = 0;
  #epoch = 0;
  welcomed: Promise<void>;

  constructor(url: string, own: BenchKey, at: { cursor: number; headHash: string }, keepFrames: boolean) {
    this.#own = own;
    this.#at = at;
    this.#socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 32 * 2 ** 20 });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.welcomed = promise;
    this.#socket.on('error', reject);
    this.#socket.on('message', data => {
      const text = String(data);
      if (keepFrames) this.frames.push(text);
      const frame = frameOf(text);
      if (frame.frame === 'welcome') resolve();
      else this.#take(frame);
    });
  }

  beat(): void {
    const { cursor } = this.#at;
    const digest = '0'.repeat(64);
    this.#say({ type: 'beat', cursor, epoch: this.#epoch, digest, decisions: 0, stale: false });
  }

  close(): void {
    this.#socket.terminate();
  }

  #take(frame: HubFrame): void {
    if (frame.frame === 'challenge') {
      const agent = 'bench';
      this.#say({ type: 'hello', nonce: frame.nonce, ...this.#at, epoch: 0, active: [], agent });
    }
    if (frame.frame !== 'entries') return;
    for (const entry of frame.entries) {
      this.#at.cursor += 1;
      const body = bodyOf(entry);
      if (body?.type !== 'stage' && body?.type !== 'activate') continue;
      const { rollout, policy, version, hash } = body;
      if (body.type === 'activate') this.#epoch = body.epoch;
      const phase = body.type === 'stage' ? 'staged' : 'active';
      this.#say({ type: 'ack', rollout, policy, version, phase, hash, epoch: this.#epoch });
    }
  }

  #say(body: RelayBody): void {
    const { id, key } = this.#own;
    this.#seq += 1;
    const message = { v: 1, relay: id, seq: this.#seq, at: new Date().toISOString(), body };
    const signed = signEnvelope(relayType, canonicalBytes(message), [{ id, key }]);
    this.#socket.send(JSON.stringify({ frame: 'signed', message: signed }));
  }
}
