import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { decodeBase64, signedBy } from '#kernel/signing/dsse.ts';
import {
  type AckBody,
  type HubFrame,
  type HubWelcome,
  type RelayBody,
  type RelayMessage,
  relayFrame,
  relayMessage,
  relayType,
  type WireEnvelope,
  welcomeType,
} from '#server/policy/relay/schema.ts';
import type { StoredRelay } from '#server/policy/relay/service/registry.ts';

/** What a session needs of the hub it belongs to. */
export interface SessionHost {
  hub: string;
  now(): Date;
  relay(id: string): Promise<StoredRelay | null>;
  sign(type: string, payload: object): Promise<WireEnvelope>;
  admitted(session: Session, hello: Extract<RelayBody, { type: 'hello' }>): Promise<number>;
  welcomed(session: Session, cursor: number, head: number): Promise<void>;
  acked(session: Session, ack: AckBody): void;
  sighted(session: Session, beat: Extract<RelayBody, { type: 'beat' }>): void;
  pulled(session: Session, after: number): Promise<void>;
  misbehaved(session: Session, reason: string): void;
}

/**
 * One relay's connection, whatever carries it. Nothing a relay says counts before it proved its key with the nonce of
 * this connection; afterwards every message is signed and numbered, so none can be replayed into another connection.
 */
export class Session {
  readonly #host: SessionHost;
  readonly #out: (text: string) => void;
  readonly #end: () => void;
  readonly #nonce = randomBytes(24).toString('base64url');
  #key: KeyObject | null = null;
  /** Whoever was refused is not listened to any more, whatever is still on its way. */
  #ended = false;
  #turn: Promise<void> = Promise.resolve();
  relay: StoredRelay | null = null;
  seq = 0;
  /** Everything up to here was sent; a new entry may be pushed only right behind it. */
  sentUpTo: number | null = null;
  leaseUntil = 0;
  heardAt = 0;

  constructor(host: SessionHost, out: (text: string) => void, end: () => void) {
    this.#host = host;
    this.#out = out;
    this.#end = end;
    this.send({ frame: 'challenge', nonce: this.#nonce, hub: host.hub });
  }

  send(frame: HubFrame): void {
    this.#out(JSON.stringify(frame));
  }

  /** For frames that are the same for many relays. */
  sendText(text: string): void {
    this.#out(text);
  }

  refuse(code: string, message: string): void {
    this.#ended = true;
    this.send({ frame: 'refused', code, message });
    this.#end();
  }

  /** In the order in which they came, however long each takes to check. */
  receive(text: string): Promise<void> {
    const taken = this.#turn.then(() => this.#take(text));
    this.#turn = taken.catch(() => {});
    return taken;
  }

  async #take(text: string): Promise<void> {
    if (this.#ended) return;
    const frame = relayFrame.safeParse(parse(text));
    if (!frame.success) return this.refuse('malformed', 'The message is not one of the protocol.');
    if (frame.data.frame === 'pull') {
      if (!this.relay) return this.refuse('unknown', 'Say hello first.');
      return this.#host.pulled(this, frame.data.after);
    }
    const claimed = claim(frame.data.message);
    if (!claimed) return this.refuse('malformed', 'The signed message cannot be read.');
    return this.relay ? this.#next(claimed, frame.data.message) : this.#hello(claimed, frame.data.message);
  }

  async #hello(message: RelayMessage, signed: WireEnvelope): Promise<void> {
    if (message.body.type !== 'hello') return this.refuse('unknown', 'Say hello first.');
    const relay = await this.#host.relay(message.relay);
    if (!relay) return this.refuse('unknown', `No relay "${message.relay}" has joined this hub.`);
    const key = createPublicKey(relay.publicKey);
    if (!(await signedBy(signed, relayType, key)))
      return this.refuse('wrong_key', `The message is not signed by the key of "${relay.id}".`);
    if (message.body.nonce !== this.#nonce)
      return this.refuse('replayed', 'The hello belongs to another connection.');
    if (relay.state !== 'admitted') return this.refuse(relay.state, stateWords[relay.state]);
    this.#key = key;
    this.relay = relay;
    this.heardAt = this.#host.now().getTime();
    this.seq = Math.max(message.seq, relay.messageSeq);
    const head = await this.#host.admitted(this, message.body);
    const welcome: HubWelcome = {
      v: 1,
      hub: this.#host.hub,
      relay: relay.id,
      answers: message.seq,
      at: this.#host.now().toISOString(),
      seqFloor: this.seq,
      head,
      region: relay.region,
      labels: relay.labels,
    };
    this.send({ frame: 'welcome', welcome: await this.#host.sign(welcomeType, welcome) });
    await this.#host.welcomed(this, message.body.cursor, head);
  }

  async #next(message: RelayMessage, signed: WireEnvelope): Promise<void> {
    const { relay } = this;
    const key = this.#key;
    if (!relay || !key || message.relay !== relay.id) {
      this.refuse('wrong_relay', 'The connection belongs to another relay.');
      return;
    }
    const genuine = await signedBy(signed, relayType, key);
    if (this.#ended) return;
    if (!genuine || message.seq <= this.seq) {
      this.#host.misbehaved(this, genuine ? 'replayed_message' : 'bad_signature');
      return;
    }
    this.seq = message.seq;
    this.heardAt = this.#host.now().getTime();
    const { body } = message;
    if (body.type === 'ack') this.#host.acked(this, body);
    else if (body.type === 'beat') this.#host.sighted(this, body);
  }
}

const stateWords = {
  pending: 'The relay waits for admission. An operator admits it on the page of relays.',
  quarantined: 'The relay is in quarantine. An operator looks at it on the page of relays.',
  revoked: 'The key of this relay was revoked.',
  admitted: '',
} as const;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a message says before its signature was checked: only good for finding the key to check it with. */
function claim(signed: WireEnvelope): RelayMessage | null {
  const bytes = decodeBase64(signed.payload);
  const parsed = bytes ? relayMessage.safeParse(parse(bytes.toString('utf8'))) : null;
  return parsed?.success ? parsed.data : null;
}
