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
import { judgeRollout } from '../rules/rollout.ts';
import {
  activeEpoch,
  lastActivated,
  membersOf,
  type OpenRollout,
  openRevocations,
  openRollouts,
  type Revocation,
  saveMemberAcks,
} from '../store/rollouts.ts';
import { Inflow } from './inflow.ts';
import { Journal } from './journal.ts';
import { Activated, LiveRollout } from './live.ts';
import { Presence } from './presence.ts';
import { signAnew } from './publish.ts';
import { Session, type SessionHost } from './session.ts';
import type { HubSigning, TrustVoice } from './signing.ts';
import { activation, revocation, staging, withdrawal } from './steps.ts';

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
  readonly #rollouts = new Map<string, LiveRollout>();
  readonly #journal: Journal;
  #epoch = 0;
  #startedAt = 0;
  #unsure = false;
  #keysDue = false;
  readonly #withdrawn: string[] = [];
  #wake: () => void = () => {};
  readonly #host: SessionHost;

  constructor(deps: HubDeps) {
    this.#deps = deps;
    this.#leaseMs = deps.leaseMs ?? 3000;
    this.#journal = new Journal(deps, this.#presence.sessions);
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
    this.#startedAt = this.#now();
    await this.#journal.load();
    this.#epoch = await activeEpoch(ctx.db);
    for (const row of await lastActivated(ctx.db)) this.#activated.note(row, new Set());
    const lately = await reachedLately(ctx, new Date(this.#startedAt - 4 * this.#leaseMs));
    this.#presence.expect(lately, this.#startedAt + this.#leaseMs);
    await this.#restore();
    // The deadline runs anew: the relays have to find this process first, and then say again what they hold.
    for (const live of this.#rollouts.values())
      live.stagedAt = Math.max(live.stagedAt, this.#startedAt + this.#leaseMs);
    await this.syncKeys();
  }

  /** What is staged in the database is under way here, and nothing else. */
  async #restore(): Promise<void> {
    const { db } = this.#ctx();
    const rows = (await openRollouts(db)).filter(row => row.state === 'staged');
    const ids = idsOf(rows);
    const members = await membersOf(db, ids);
    for (const id of this.#rollouts.keys()) if (!ids.includes(id)) this.#rollouts.delete(id);
    for (const row of rows)
      if (!this.#rollouts.has(row.id)) this.#rollouts.set(row.id, new LiveRollout(row, members));
  }

  /** After a failure nobody knows whether the last commit took hold: the database does. */
  async #reload(): Promise<void> {
    await this.#restore();
    await this.#journal.reload();
    this.#epoch = await activeEpoch(this.#ctx().db);
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
    const waiting = (await openRollouts(this.#ctx().db)).filter(row => row.state === 'waiting');
    let done = 0;
    for (const row of waiting) {
      // One version of a policy at a time: the next waits until this one is decided.
      if ([...this.#rollouts.values()].some(r => r.row.policyId === row.policyId)) continue;
      await this.#stage(new LiveRollout(row, []));
      done += 1;
    }
    for (const live of [...this.#rollouts.values()]) if (await this.#judge(live)) done += 1;
    for (const revocation of await openRevocations(this.#ctx().db)) {
      await this.#revoke(revocation);
      done += 1;
    }
    return done;
  }

  /** Milliseconds until something is due by the clock alone; null = nothing is under way. */
  dueIn(): number | null {
    let next: number | null = null;
    for (const live of this.#rollouts.values()) {
      const verdict = this.#verdict(live);
      const at = verdict.do === 'wait' ? verdict.until : this.#now();
      next = next === null ? at : Math.min(next, at);
    }
    return next === null ? null : Math.max(0, next - this.#now());
  }

  /** The sign of life that carries the lease: the same bytes for all, but none for whom a strict version waits. */
  async beat(): Promise<void> {
    const now = this.#now();
    const holding = this.#heldBack(now);
    const trust = await this.#deps.trust?.standing();
    const beat = await this.#journal.beat(this.#epoch, new Date(now), this.#leaseMs, trust);
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
      epoch: this.#epoch,
      connected: [...this.#presence.sessions.keys()],
      open: [...this.#rollouts.values()].map(r => ({
        id: r.row.id,
        policy: r.row.policyId,
        version: r.row.version,
      })),
    };
  }

  async stop(): Promise<void> {
    await this.#inflow.flush();
    for (const session of this.#presence.sessions.values())
      session.refuse('closing', 'The hub is stopping; come again.');
    this.#presence.sessions.clear();
  }

  async #stage(live: LiveRollout): Promise<void> {
    const { row } = live;
    const members = this.#presence.members(row.scope, this.#now());
    for (const m of members) live.members.set(m.relay, { ...m, ack: 'none' });
    // Before the entry goes out: a relay answers at once, and its answer must find the rollout.
    live.stagedAt = this.#now();
    this.#rollouts.set(row.id, live);
    await this.#journal.write(staging(row, members, this.#deps.clock)).catch(error => {
      this.#rollouts.delete(row.id);
      throw error;
    });
  }

  async #judge(live: LiveRollout): Promise<boolean> {
    const verdict = this.#verdict(live);
    if (verdict.do === 'wait') return false;
    if (verdict.do === 'activate') await this.#activate(live, verdict.missing);
    else await this.#journal.write(withdrawal(live.row, verdict.reason, this.#deps.clock));
    this.#rollouts.delete(live.row.id);
    return true;
  }

  async #activate({ row, members }: LiveRollout, missing: string[]): Promise<void> {
    const epoch = this.#epoch + 1;
    this.#activated.note(row, new Set(members.keys()));
    const sizes = { relays: members.size, missing };
    await this.#journal.write(activation(row, epoch, sizes, this.#deps.clock));
    this.#epoch = epoch;
  }

  readonly #activated = new Activated();

  /** Leases are looked up as they are now: one that was renewed since the staging counts in full. */
  #verdict(live: LiveRollout) {
    const { strict, deadlineMs, quorum } = live.row;
    const members = [...live.members.values()].map(m => ({
      ...m,
      leaseUntil: Math.max(m.leaseUntil, this.#presence.leaseOf(m.relay)),
    }));
    return judgeRollout({ strict, deadlineMs, quorum, stagedAt: live.stagedAt, members }, this.#now());
  }

  /** A member that keeps a strict version waiting past its deadline gets no new lease, so that its old one runs out. */
  #heldBack(now: number): Set<string> {
    const held = new Set<string>();
    for (const live of this.#rollouts.values())
      if (live.row.strict && now >= live.stagedAt + live.row.deadlineMs)
        for (const m of live.members.values()) if (m.ack === 'none') held.add(m.relay);
    return held;
  }

  async #revoke(policy: Revocation): Promise<void> {
    const epoch = this.#epoch + 1;
    await this.#journal.write(revocation(policy, epoch, this.#deps.clock));
    this.#epoch = epoch;
    for (const [rollout, live] of this.#rollouts)
      if (live.row.policyId === policy.id) this.#rollouts.delete(rollout);
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
    const live = this.#rollouts.get(ack.rollout);
    const hash = live?.row.hash ?? this.#activated.hashOf(ack.rollout);
    if (hash !== undefined && ack.phase !== 'refused' && ack.hash !== hash)
      return void this.#misbehaved(session, 'wrong_hash');
    if (hash === undefined && ack.phase === 'active') return void this.#ackedLate(session, ack);
    const decides = live?.take(id, ack) ?? false;
    this.#inflow.ack(id, ack, session.seq);
    if (ack.phase === 'active') this.#activated.observe(ack.rollout, id, this.#now());
    // Judged once there is something to decide: looking at all members for each of their words would be their square.
    if (decides && (live?.answered || ack.phase === 'refused')) this.#wake();
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

const idsOf = (rows: readonly OpenRollout[]) => rows.map(row => row.id);
