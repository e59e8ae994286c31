import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { signBytes } from '#kernel/signing/dsse.ts';
import { envelope } from '../rules/compose.ts';
import { type RelayBody, relayType } from '../schema.ts';
import type { EngineDeps } from './engine-deps.ts';

const reserve = 1000;

/** A relay's signed words. Each has a number that was never used before, not even by a process that was killed. */
export class Voice {
  readonly #deps: EngineDeps;
  #seq = 0;
  #end = 0;
  #helloSeq = 0;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
  }

  /** The number of the newest hello: a welcome has to answer that one. */
  get helloSeq(): number {
    return this.#helloSeq;
  }

  async say(body: RelayBody): Promise<void> {
    const { id, key, now, send } = this.#deps;
    const seq = this.#next();
    if (body.type === 'hello') this.#helloSeq = seq;
    const message = { v: 1, relay: id, seq, at: now().toISOString(), body };
    const signer = { keyid: id, sign: async (bytes: Buffer) => signBytes(key, bytes) };
    send({ frame: 'signed', message: await envelope(relayType, canonicalBytes(message), [signer]) });
  }

  /** The hub has seen numbers up to here. */
  raise(floor: number): void {
    if (floor > this.#seq) this.#reserve(floor);
  }

  #next(): number {
    if (this.#seq >= this.#end) this.#reserve(this.#seq);
    this.#seq += 1;
    return this.#seq;
  }

  #reserve(from: number): void {
    this.#seq = this.#deps.disk.reserveSeq(reserve, from);
    this.#end = this.#seq + reserve;
  }
}
