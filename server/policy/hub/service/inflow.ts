import type { Clock } from '#kernel/clock/clock.ts';
import type { Database, Tx } from '#kernel/db/database.ts';
import { log } from '#kernel/log/log.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { AckBody, RelayBody } from '#server/policy/relay/schema.ts';
import { type Sighting, saveWords, type Words } from '#server/policy/relay/service/sightings.ts';
import type { MemberAck } from '../store/rollouts.ts';
import { memberAck } from './live.ts';

const none = (): Words => ({ sightings: new Map(), holdings: new Map(), dropped: [], replaced: new Map() });

/** About half a minute: longer than a database takes to restart, and nothing that can never be written stays for good. */
const retries = 20;

/** What could not be written, and what was said since; the later word counts. */
function both(before: Words, since: Words): Words {
  const replaced = new Map([...before.replaced, ...since.replaced]);
  const told = [...before.holdings].filter(([, h]) => !since.replaced.has(h.relayId));
  const dropped = before.dropped.filter(d => !since.holdings.has(`${d.relayId} ${d.policyId}`));
  return {
    sightings: new Map([...before.sightings, ...since.sightings]),
    holdings: new Map([...told, ...since.holdings]),
    dropped: [...dropped, ...since.dropped],
    replaced,
  };
}

/**
 * What relays say arrives by the thousand within milliseconds. It is collected and written in one short transaction a
 * batch; what cannot be written is kept and
 * tried again, and what is lost in a crash the relays say again in their next hello.
 */
export class Inflow {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #saveAcks: (tx: Tx, acks: readonly MemberAck[]) => Promise<void>;
  #words = none();
  #acks: MemberAck[] = [];
  #failures = 0;
  #flushing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;

  constructor(
    database: Database,
    clock: Clock,
    saveAcks: (tx: Tx, acks: readonly MemberAck[]) => Promise<void>,
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#saveAcks = saveAcks;
  }

  hello(id: string, hello: Extract<RelayBody, { type: 'hello' }>, seq: number, leaseUntil: number): void {
    const at = this.#clock.now();
    this.#see(id, { cursor: hello.cursor, epoch: hello.epoch }, seq, leaseUntil);
    this.#words.replaced.set(
      id,
      hello.active.map(a => ({
        relayId: id,
        policyId: a.policy,
        version: a.version,
        hash: a.hash,
        epoch: a.epoch,
        at,
      })),
    );
    this.#soon();
  }

  ack(id: string, ack: AckBody, seq: number): void {
    const at = this.#clock.now();
    this.#see(id, { epoch: ack.epoch }, seq, null);
    const said = memberAck(id, ack, at);
    if (said) this.#acks.push(said);
    if (ack.phase === 'active')
      this.#words.holdings.set(`${id} ${ack.policy}`, {
        relayId: id,
        policyId: ack.policy,
        version: ack.version,
        hash: ack.hash,
        epoch: ack.epoch,
        at,
      });
    if (ack.phase === 'removed') {
      this.#words.holdings.delete(`${id} ${ack.policy}`);
      this.#words.dropped.push({ relayId: id, policyId: ack.policy });
    }
    this.#soon();
  }

  beat(id: string, beat: Extract<RelayBody, { type: 'beat' }>, seq: number, leaseUntil: number): void {
    const { cursor, epoch, stale, decisions } = beat;
    this.#see(id, { cursor, epoch, stale, decisions }, seq, leaseUntil);
    this.#soon();
  }

  flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const words = this.#words;
    const acks = this.#acks;
    if (words.sightings.size === 0 && acks.length === 0 && words.dropped.length === 0) return this.#flushing;
    this.#words = none();
    this.#acks = [];
    const ctx = systemContext('policy.hub', this.#database, this.#clock);
    this.#flushing = this.#flushing.then(() =>
      this.#database.write(ctx.scope, async tx => {
        await saveWords(tx, words);
        if (acks.length > 0) await this.#saveAcks(tx, acks);
      }),
    );
    return this.#flushing.then(
      () => {
        this.#failures = 0;
      },
      error => {
        this.#flushing = Promise.resolve();
        this.#failures += 1;
        const facts = { acks: acks.length, relays: words.sightings.size, error };
        if (this.#failures > retries) return log().error({ event: 'hub.inflow_lost', ...facts });
        if (this.#failures === 1) log().warn({ event: 'hub.inflow_waits', ...facts });
        this.#words = both(words, this.#words);
        this.#acks = [...acks, ...this.#acks];
        this.#timer ??= setTimeout(() => void this.flush(), Math.min(2000, 100 * 2 ** this.#failures));
      },
    );
  }

  #see(id: string, said: Partial<Sighting>, messageSeq: number, leaseUntil: number | null): void {
    const before = this.#words.sightings.get(id);
    this.#words.sightings.set(id, {
      id,
      cursor: null,
      epoch: null,
      stale: null,
      decisions: null,
      leaseUntil: null,
      ...before,
      ...said,
      ...(leaseUntil ? { leaseUntil: new Date(leaseUntil) } : {}),
      messageSeq,
      at: this.#clock.now(),
    });
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => void this.flush(), 15);
  }
}
