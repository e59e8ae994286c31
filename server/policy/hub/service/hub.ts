import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { log } from '#kernel/log/log.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { AckBody, RelayBody } from '#server/policy/relay/schema.ts';
import {
  activeOf,
  notAdmitted,
  reachedLately,
  relayById,
  strike,
} from '#server/policy/relay/service/sightings.ts';
import { envelope } from '#server/policy/relay/service/wire.ts';
import { saveMemberAcks } from '../store/rollouts.ts';
import { Decisions } from './decisions.ts';
import { Inflow } from './inflow.ts';
import { Journal } from './journal.ts';
import { Presence } from './presence.ts';
import { signAnew } from './publish.ts';
import { Session, type SessionHost } from './session.ts';
import type { HubSigning, TrustVoice } from './signing.ts';

export interface HubDeps {
  database: Database;
  clock: Clock;
  signing: HubSigning;
  /** How long a relay may take itself for current after a beat. */
  leaseMs?: number;
  trust?: TrustVoice;
}

/**
 * The hub's side of the mesh. What is decided is in the database before anybody hears of it; what is only remembered here
 * (who is connected, which leases run) is made anew after a crash, with the longest lease that could still be held.
 */
export class Hub {
  readonly #deps: HubDeps;
  readonly #leaseMs: number;
  readonly #presence = new Presence();
  readonly #inflow: Inflow;
  readonly #journal: Journal;
  readonly #decisions: Decisions;
  #unsure = false;
  #keysDue = false;
  readonly #withdrawn: string[] = [];
  #wake: () => void = () => {};
  readonly #host: SessionHost;

  constructor(deps: HubDeps) {
    this.#deps = deps;
    this.#leaseMs = deps.leaseMs ?? 3000;
    this.#journal = new Journal(deps, this.#presence.sessions);
    this.#decisions = new Decisions(deps, this.#journal, this.#presence);
    this.#inflow = new Inflow(deps.database, deps.clock, (tx, acks) => saveMemberAcks(tx, acks));
    this.#host = {
      hub: deps.signing.hub,
      now: () => deps.clock.now(),
      sign: async (type, payload) => envelope(type, canonicalBytes(payload), await this.#journal.signers()),
      relay: id => relayById(this.#ctx(), id),
      admitted: (session, hello) => this.#admitted(session, hello),
      welcomed: (session, cursor, head) => this.#welcomed(session, cursor, head),
      acked: (session, ack) => this.#acked(session, ack),
      sighted: (session, beat) => this.#sighted(session, beat),
      pulled: (session, after) => this.#journal.answerPull(session, after),
      misbehaved: (session, reason) => void this.#misbehaved(session, reason),
    };
  }

  async start(wake: () => void = () => {}): Promise<void> {
    this.#wake = wake;
    const ctx = this.#ctx();
    const startedAt = this.#now();
    await this.#journal.load();
    const lately = await reachedLately(ctx, new Date(startedAt - 4 * this.#leaseMs));
    this.#presence.expect(lately, startedAt + this.#leaseMs);
    await this.#decisions.load(startedAt + this.#leaseMs);
    await this.syncKeys();
  }

  /** After a failure nobody knows whether the last commit took hold: the database does. */
  async #reload(): Promise<void> {
    await this.#decisions.reload();
    await this.#journal.reload();
    this.#unsure = false;
  }

  /** Somebody changed the console's keys: the next step tells the relays. */
  keysChanged(): void {
    this.#keysDue = true;
    this.#wake();
  }

  /** After a change of keys. What a revoked key vouched for is published once more, signed by one that still counts. */
  async syncKeys(): Promise<void> {
    this.#withdrawn.push(...(await this.#journal.syncKeys()));
    if (this.#withdrawn.length > 0) await signAnew(this.#ctx(), this.#withdrawn);
    this.#withdrawn.length = 0;
  }

  /** A connection of whatever kind; `out` sends text, `end` closes. */
  open(out: (text: string) => void, end: () => void): Session {
    return new Session(this.#host, out, end);
  }

  closed(session: Session): void {
    this.#presence.leave(session);
  }

  /** One look at what is to be staged or decided. The number of things done; the caller loops while there are some. */
  async step(): Promise<number> {
    try {
      if (this.#unsure) await this.#reload();
      return await this.#advance();
    } catch (error) {
      this.#unsure = true;
      throw error;
    }
  }

  async #advance(): Promise<number> {
    if (this.#keysDue) {
      await this.syncKeys();
      this.#keysDue = false;
    }
    await this.#inflow.flush();
    return this.#decisions.advance();
  }

  /** Milliseconds until something is due by the clock alone; null = nothing is under way. */
  dueIn(): number | null {
    return this.#decisions.dueIn();
  }

  /** The sign of life that carries the lease: the same bytes for all, but none for whom a strict version waits. */
  async beat(): Promise<void> {
    const now = this.#now();
    const holding = this.#decisions.heldBack(now);
    const trust = await this.#deps.trust?.standing();
    const beat = await this.#journal.beat(this.#decisions.epoch, new Date(now), this.#leaseMs, trust);
    const text = JSON.stringify({ frame: 'beat', beat });
    for (const [id, session] of this.#presence.sessions) {
      if (now - session.heardAt > 5 * this.#leaseMs) {
        session.refuse('silent', 'Nothing was heard of this relay for too long.');
        this.closed(session);
        continue;
      }
      if (holding.has(id)) continue;
      session.leaseUntil = now + this.#leaseMs;
      session.sendText(text);
    }
    this.#presence.forgetBefore(now);
  }

  /** Ends the connection of a relay that may not speak any more. */
  drop(id: string, code: string, message: string): void {
    const session = this.#presence.sessions.get(id);
    if (!session) return;
    session.refuse(code, message);
    this.closed(session);
  }

  /** A relay's row changed: one that is not admitted any more is let go at once. */
  async recheck(id: string): Promise<void> {
    if (!this.#presence.sessions.has(id)) return;
    const row = await relayById(this.#ctx(), id);
    if (row?.state !== 'admitted')
      this.drop(id, row?.state ?? 'unknown', 'This relay may not speak any more.');
  }

  /** The same for all of them: a notice that got lost must not keep a revoked relay connected. */
  async recheckAll(): Promise<void> {
    const ids = [...this.#presence.sessions.keys()];
    if (ids.length === 0) return;
    for (const { id, state } of await notAdmitted(this.#ctx(), ids))
      this.drop(id, state, 'This relay may not speak any more.');
  }

  state() {
    return {
      hub: this.#deps.signing.hub,
      head: this.#journal.seq,
      epoch: this.#decisions.epoch,
      connected: [...this.#presence.sessions.keys()],
      open: this.#decisions.open,
    };
  }

  async stop(): Promise<void> {
    await this.#inflow.flush();
    for (const session of this.#presence.sessions.values())
      session.refuse('closing', 'The hub is stopping; come again.');
    this.#presence.sessions.clear();
  }

  async #admitted(session: Session, hello: Extract<RelayBody, { type: 'hello' }>): Promise<number> {
    const id = session.relay?.id ?? '';
    const wrong = await activeOf(this.#ctx(), hello.active);
    this.#presence.enter(id, session);
    this.#inflow.hello(id, hello, session.seq, session.leaseUntil);
    if (wrong) this.#misbehaved(session, 'wrong_hash');
    return this.#journal.seq;
  }

  /** Pushed to only now that it knows its place: what it said before the welcome would carry numbers it used already. */
  async #welcomed(session: Session, cursor: number, head: number): Promise<void> {
    if (cursor === this.#journal.seq) session.sentUpTo = cursor;
    else if (cursor === head) await this.#journal.answerPull(session, cursor);
  }

  #acked(session: Session, ack: AckBody): void {
    const id = session.relay?.id ?? '';
    const hash = this.#decisions.hashOf(ack.rollout);
    if (hash !== undefined && ack.phase !== 'refused' && ack.hash !== hash)
      return void this.#misbehaved(session, 'wrong_hash');
    if (hash === undefined && ack.phase === 'active') return void this.#ackedLate(session, ack);
    const due = this.#decisions.take(id, ack);
    this.#inflow.ack(id, ack, session.seq);
    if (due) this.#wake();
  }

  /** Of a rollout that nobody here remembers: the database knows what was published. */
  async #ackedLate(session: Session, ack: AckBody): Promise<void> {
    const { seq } = session;
    try {
      if (await activeOf(this.#ctx(), [ack])) return await this.#misbehaved(session, 'wrong_hash');
    } catch (error) {
      log().warn({ event: 'hub.ack_unchecked', error });
    }
    this.#inflow.ack(session.relay?.id ?? '', ack, seq);
  }

  #sighted(session: Session, beat: Extract<RelayBody, { type: 'beat' }>): void {
    this.#inflow.beat(session.relay?.id ?? '', beat, session.seq, session.leaseUntil);
    if (session.relay && beat.trust !== undefined) this.#deps.trust?.heard(session.relay.id, beat.trust);
  }

  async #misbehaved(session: Session, reason: string): Promise<void> {
    const id = session.relay?.id;
    if (id === undefined) return session.refuse('malformed', 'The message does not hold.');
    log().warn({ event: 'relay.misbehaved', relay: id, reason });
    try {
      if (await strike(this.#ctx(), id, reason)) this.drop(id, 'quarantined', `In quarantine: ${reason}.`);
    } catch (error) {
      log().error({ event: 'relay.strike_failed', relay: id, error });
    }
  }

  readonly #ctx = () => systemContext('policy.hub', this.#deps.database, this.#deps.clock);
  readonly #now = (): number => this.#deps.clock.now().getTime();
}
