import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { log } from '#kernel/log/log.ts';
import { gauge } from '#kernel/metrics/metrics.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { AckBody, HubKeys, LogBody, RelayBody } from '#server/policy/relay/schema.ts';
import { activeOf, notAdmitted, reachedLately, relayById, strike } from '#server/policy/relay/service/sightings.ts';
import { concerns, envelope, noHash } from '#server/policy/relay/service/wire.ts';
import { policyEvent } from '../events.ts';
import { judgeRollout } from '../rules/rollout.ts';
import { entriesAfter, insertEntry, lastEntry, publishedKeys, type StoredEntry } from '../store/log.ts';
import {
  activeEpoch,
  decideRollout,
  markStaged,
  membersOf,
  nextEpoch,
  openRevocations,
  openRollouts,
  type Revocation,
  recordActivation,
  recordRevocation,
  recordWithdrawal,
  saveMemberAcks,
} from '../store/rollouts.ts';
import { Inflow } from './inflow.ts';
import { LiveRollout, syncLatency } from './live.ts';
import { Session, type SessionHost } from './session.ts';
import { type HubSigning, signedBeat, signedEntry } from './signing.ts';

export interface HubDeps {
  database: Database;
  clock: Clock;
  signing: HubSigning;
  /** How long a relay may take itself for current after a beat. */
  leaseMs?: number;
}

const connections = gauge('relay_connections_active', 'Relays connected to this hub');
const pageSize = 100;

/**
 * The hub's side of the mesh. What is decided is in the database before anybody hears of it; what is only remembered here
 * (who is connected, which leases run) is made anew after a crash, with the longest lease that could still be held.
 */
export class Hub {
  readonly #deps: HubDeps;
  readonly #leaseMs: number;
  readonly #sessions = new Map<string, Session>();
  readonly #inflow: Inflow;
  readonly #rollouts = new Map<string, LiveRollout>();
  /** Leases of relays that are not connected any more, or were promised by a process before this one. */
  readonly #ghosts = new Map<string, number>();
  #tail: StoredEntry[] = [];
  #head = { seq: 0, hash: noHash };
  #epoch = 0;
  /** The keys that relays have been told of: nothing is signed with others. */
  #known: readonly string[] = [];
  #startedAt = 0;
  #unsure = false;
  #keysDue = false;
  #wake: () => void = () => {};
  readonly #host: SessionHost;

  constructor(deps: HubDeps) {
    this.#deps = deps;
    this.#leaseMs = deps.leaseMs ?? 3000;
    this.#inflow = new Inflow(deps.database, deps.clock, (tx, acks) => saveMemberAcks(tx, acks));
    this.#host = {
      hub: deps.signing.hub,
      now: () => deps.clock.now(),
      sign: async (type, payload) =>
        envelope(type, canonicalBytes(payload), await deps.signing.signers(this.#known)),
      relay: id => relayById(this.#ctx(), id),
      admitted: (session, hello) => this.#admitted(session, hello),
      welcomed: (session, cursor, head) => this.#welcomed(session, cursor, head),
      acked: (session, ack) => this.#acked(session, ack),
      sighted: (session, beat) => this.#sighted(session, beat),
      pulled: (session, after) => this.#pulled(session, after),
      misbehaved: (session, reason) => void this.#misbehaved(session, reason),
    };
  }

  async start(wake: () => void = () => {}): Promise<void> {
    this.#wake = wake;
    const ctx = this.#ctx();
    this.#startedAt = this.#now();
    this.#head = (await lastEntry(ctx.db)) ?? this.#head;
    this.#tail = await entriesAfter(ctx.db, Math.max(0, this.#head.seq - 1000), 1000);
    this.#epoch = await activeEpoch(ctx.db);
    for (const id of await reachedLately(ctx, new Date(this.#startedAt - 4 * this.#leaseMs)))
      this.#ghosts.set(id, this.#startedAt + this.#leaseMs);
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
    const ids = rows.map(row => row.id);
    const members = await membersOf(db, ids);
    for (const id of this.#rollouts.keys()) if (!ids.includes(id)) this.#rollouts.delete(id);
    for (const row of rows) {
      if (this.#rollouts.has(row.id)) continue;
      const own = members.filter(m => m.rolloutId === row.id);
      this.#rollouts.set(row.id, new LiveRollout(row, own));
    }
  }

  /** After a failure nobody knows whether the last commit took hold: the database does. */
  async #reload(): Promise<void> {
    await this.#restore();
    const { db } = this.#ctx();
    for (;;) {
      const missed = await entriesAfter(db, this.#head.seq, pageSize);
      for (const entry of missed) this.#publish(entry);
      if (missed.length < pageSize) break;
    }
    this.#epoch = await activeEpoch(db);
    this.#unsure = false;
  }

  /** Somebody changed the console's keys: the next step tells the relays. */
  keysChanged(): void {
    this.#keysDue = true;
    this.#wake();
  }

  /** Tells the relays of a change of keys, signed by keys that they know already. */
  async syncKeys(): Promise<void> {
    const keys = await this.#deps.signing.keys();
    const published = await publishedKeys(this.#ctx().db);
    if (published && idsOf(published).join() === idsOf(keys).join()) {
      this.#known = idsOf(published);
      return;
    }
    const withdrawn = published ? idsOf(published).filter(id => !idsOf(keys).includes(id)) : [];
    this.#known = idsOf(published ?? keys);
    await this.#announceKeys(keys, withdrawn);
    this.#known = idsOf(keys);
  }

  /** A connection of whatever kind; `out` sends text, `end` closes. */
  open(out: (text: string) => void, end: () => void): Session {
    return new Session(this.#host, out, end);
  }

  closed(session: Session): void {
    const id = session.relay?.id;
    if (id === undefined || this.#sessions.get(id) !== session) return;
    this.#sessions.delete(id);
    this.#ghosts.set(id, session.leaseUntil);
    connections.set(this.#sessions.size);
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
    const head = { ...this.#head, epoch: this.#epoch };
    const beat = await signedBeat(this.#deps.signing, head, new Date(now), this.#leaseMs, this.#known);
    const text = JSON.stringify({ frame: 'beat', beat });
    for (const [id, session] of this.#sessions) {
      if (now - session.heardAt > 5 * this.#leaseMs) {
        session.refuse('silent', 'Nothing was heard of this relay for too long.');
        this.closed(session);
        continue;
      }
      if (holding.has(id)) continue;
      session.leaseUntil = now + this.#leaseMs;
      session.sendText(text);
    }
    for (const [id, until] of this.#ghosts) if (until < now) this.#ghosts.delete(id);
  }

  /** Ends the connection of a relay that may not speak any more. */
  drop(id: string, code: string, message: string): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    session.refuse(code, message);
    this.closed(session);
  }

  /** A relay's row changed: one that is not admitted any more is let go at once. */
  async recheck(id: string): Promise<void> {
    if (!this.#sessions.has(id)) return;
    const row = await relayById(this.#ctx(), id);
    if (row?.state !== 'admitted')
      this.drop(id, row?.state ?? 'unknown', 'This relay may not speak any more.');
  }

  /** The same for all of them: a notice that got lost must not keep a revoked relay connected. */
  async recheckAll(): Promise<void> {
    const ids = [...this.#sessions.keys()];
    if (ids.length === 0) return;
    for (const { id, state } of await notAdmitted(this.#ctx(), ids))
      this.drop(id, state, 'This relay may not speak any more.');
  }

  state() {
    return {
      hub: this.#deps.signing.hub,
      head: this.#head.seq,
      epoch: this.#epoch,
      connected: [...this.#sessions.keys()],
      open: [...this.#rollouts.values()].map(r => ({
        id: r.row.id,
        policy: r.row.policyId,
        version: r.row.version,
      })),
    };
  }

  async stop(): Promise<void> {
    await this.#inflow.flush();
    for (const session of this.#sessions.values())
      session.refuse('closing', 'The hub is stopping; come again.');
    this.#sessions.clear();
  }

  // --- rollouts -----------------------------------------------------------------------------------------------------

  async #stage(live: LiveRollout): Promise<void> {
    const { row } = live;
    const now = this.#deps.clock.now();
    const members = this.#members(row.scope);
    const body: LogBody = {
      type: 'stage',
      rollout: row.id,
      policy: row.policyId,
      version: row.version,
      hash: row.hash,
      content: row.content.toString('base64'),
      statement: JSON.parse(row.statement),
    };
    const entry = await signedEntry(this.#deps.signing, this.#head, body, row.scope, now, this.#known);
    const event = policyEvent(
      'policy.staged',
      { id: row.policyId, tenantId: row.tenantId },
      {
        version: row.version,
        hash: row.hash,
        relays: members.length,
      },
      row.id,
    );
    const staged = await this.#ctx().commit(event, async tx => {
      await insertEntry(tx, { ...entry, policyId: row.policyId, at: now });
      if (!(await markStaged(tx, row.id, members, now)))
        throw new Error(`The rollout ${row.id} is decided already.`);
      return members;
    });
    live.stagedAt = now.getTime();
    for (const m of staged) live.members.set(m.relay, { ...m, ack: 'none' });
    this.#rollouts.set(row.id, live);
    this.#publish(entry);
  }

  async #judge(live: LiveRollout): Promise<boolean> {
    const verdict = this.#verdict(live);
    if (verdict.do === 'wait') return false;
    const { row } = live;
    const now = this.#deps.clock.now();
    const ref = { rollout: row.id, policy: row.policyId, version: row.version, hash: row.hash };
    const of = { id: row.policyId, tenantId: row.tenantId };
    if (verdict.do === 'withdraw') {
      const entry = await signedEntry(
        this.#deps.signing,
        this.#head,
        { type: 'withdraw', ...ref, reason: verdict.reason.slice(0, 300) },
        row.scope,
        now,
        this.#known,
      );
      await this.#ctx().commit(
        policyEvent('policy.withdrawn', of, { version: row.version, reason: verdict.reason }, row.id),
        async tx => {
          await insertEntry(tx, { ...entry, policyId: row.policyId, at: now });
          if (!(await decideRollout(tx, row.id, { state: 'withdrawn', reason: verdict.reason }, now)))
            throw new Error(`The rollout ${row.id} is decided already.`);
          await recordWithdrawal(tx, row.policyId, row.version, now);
        },
      );
      this.#rollouts.delete(row.id);
      this.#publish(entry);
      return true;
    }
    const epoch = this.#epoch + 1;
    const entry = await signedEntry(
      this.#deps.signing,
      this.#head,
      { type: 'activate', ...ref, epoch },
      row.scope,
      now,
      this.#known,
    );
    const detail = {
      version: row.version,
      hash: row.hash,
      epoch,
      relays: live.members.size,
      missing: verdict.missing,
    };
    await this.#ctx().commit(policyEvent('policy.activated', of, detail, row.id), async tx => {
      if ((await nextEpoch(tx)) !== epoch) throw new Error('Another hub has spent this epoch.');
      if (!(await decideRollout(tx, row.id, { state: 'active', epoch }, now)))
        throw new Error(`The rollout ${row.id} is decided already.`);
      await insertEntry(tx, { ...entry, policyId: row.policyId, at: now });
      await recordActivation(tx, row, epoch, now);
    });
    this.#epoch = epoch;
    this.#rollouts.delete(row.id);
    this.#activated.set(row.id, {
      kind: row.kind,
      hash: row.hash,
      publishedAt: Date.parse(row.publishedAt),
    });
    if (this.#activated.size > 500) this.#activated.delete(this.#activated.keys().next().value ?? '');
    this.#publish(entry);
    return true;
  }

  readonly #activated = new Map<string, { kind: string; hash: string; publishedAt: number }>();

  /** Leases are looked up as they are now: one that was renewed since the staging counts in full. */
  #verdict(live: LiveRollout) {
    const { strict, deadlineMs, quorum } = live.row;
    const members = [...live.members.values()].map(m => ({
      ...m,
      leaseUntil: Math.max(
        m.leaseUntil,
        this.#sessions.get(m.relay)?.leaseUntil ?? 0,
        this.#ghosts.get(m.relay) ?? 0,
      ),
    }));
    return judgeRollout({ strict, deadlineMs, quorum, stagedAt: live.stagedAt, members }, this.#now());
  }

  #members(scope: { regions: readonly string[]; labels: Readonly<Record<string, string>> }) {
    const now = this.#now();
    const found = new Map<string, number>();
    for (const [id, session] of this.#sessions)
      if (session.relay && concerns(scope, session.relay)) found.set(id, Math.max(session.leaseUntil, now));
    // Out of sight, but perhaps still within a lease. Whom it concerns is not known here, so each counts.
    for (const [id, until] of this.#ghosts) if (until >= now && !found.has(id)) found.set(id, until);
    return [...found].map(([relay, leaseUntil]) => ({ relay, leaseUntil }));
  }

  /** A member that keeps a strict version waiting past its deadline gets no new lease, so that its old one runs out. */
  #heldBack(now: number): Set<string> {
    const held = new Set<string>();
    for (const live of this.#rollouts.values())
      if (live.row.strict && now >= live.stagedAt + live.row.deadlineMs)
        for (const m of live.members.values()) if (m.ack === 'none') held.add(m.relay);
    return held;
  }

  // --- the log ------------------------------------------------------------------------------------------------------

  /** No staging, no quorum: a policy that must not hold any more is out of service with this one entry. */
  async #revoke({ reason, ...policy }: Revocation): Promise<void> {
    const now = this.#deps.clock.now();
    const epoch = this.#epoch + 1;
    const { id, version } = policy;
    const body: LogBody = { type: 'revoke', policy: id, version, epoch, reason: reason.slice(0, 300) };
    const entry = await signedEntry(this.#deps.signing, this.#head, body, null, now, this.#known);
    await this.#ctx().commit(policyEvent('policy.revoked', policy, { version, epoch, reason }), async tx => {
      if ((await nextEpoch(tx)) !== epoch) throw new Error('Another hub has spent this epoch.');
      await insertEntry(tx, { ...entry, policyId: id, at: now });
      await recordRevocation(tx, policy, epoch, now);
    });
    this.#epoch = epoch;
    for (const [rollout, live] of this.#rollouts)
      if (live.row.policyId === id) this.#rollouts.delete(rollout);
    this.#publish(entry);
  }

  async #announceKeys(keys: HubKeys, withdrawn: string[]): Promise<void> {
    const now = this.#deps.clock.now();
    const entry = await signedEntry(
      this.#deps.signing,
      this.#head,
      { type: 'keys', keys, withdrawn },
      null,
      now,
      this.#known,
    );
    const event = policyEvent(
      'policy.keys_published',
      { id: 'keys', tenantId: null },
      { seq: entry.seq, withdrawn },
    );
    await this.#ctx().commit(event, tx => insertEntry(tx, { ...entry, policyId: null, at: now }));
    this.#publish(entry);
  }

  /** It is in the database. Those who are up to date get it pushed; everybody else pulls from an own cursor. */
  #publish(entry: StoredEntry): void {
    const behind = this.#head.seq;
    this.#head = { seq: entry.seq, hash: entry.hash };
    this.#tail.push(entry);
    if (this.#tail.length > 2000) this.#tail = this.#tail.slice(-1000);
    const full = entriesFrame([entry.entry], false);
    const blind = entriesFrame([{ ...entry.entry, body: null }], false);
    for (const session of this.#sessions.values()) {
      if (session.sentUpTo !== behind || !session.relay) continue;
      session.sentUpTo = entry.seq;
      session.sendText(entry.scope === null || concerns(entry.scope, session.relay) ? full : blind);
    }
  }

  async #pulled(session: Session, after: number): Promise<void> {
    const { relay } = session;
    if (!relay) return;
    const first = this.#tail[0]?.seq ?? 1;
    const found =
      after + 1 >= first
        ? this.#tail.filter(e => e.seq > after).slice(0, pageSize)
        : await entriesAfter(this.#ctx().db, after, pageSize);
    const entries = found.map(e =>
      e.scope === null || concerns(e.scope, relay) ? e.entry : { ...e.entry, body: null },
    );
    const last = found.at(-1)?.seq ?? after;
    session.sentUpTo = last;
    session.sendText(entriesFrame(entries, last < this.#head.seq));
  }

  // --- what relays say ----------------------------------------------------------------------------------------------

  async #admitted(session: Session, hello: Extract<RelayBody, { type: 'hello' }>): Promise<number> {
    const id = session.relay?.id ?? '';
    const wrong = await activeOf(this.#ctx(), hello.active);
    const before = this.#sessions.get(id);
    this.#sessions.set(id, session);
    if (before && before !== session) {
      session.leaseUntil = before.leaseUntil;
      before.refuse('replaced', 'The relay has opened a newer connection.');
    }
    session.leaseUntil = Math.max(session.leaseUntil, this.#ghosts.get(id) ?? 0);
    this.#ghosts.delete(id);
    connections.set(this.#sessions.size);
    this.#inflow.hello(id, hello, session.seq, session.leaseUntil);
    if (wrong) this.#misbehaved(session, 'wrong_hash');
    return this.#head.seq;
  }

  /**
   * One that holds everything gets the next entry pushed, only now that it knows its place: what it says before the
   * welcome would carry numbers it used already. One that lacks something asks for it.
   */
  async #welcomed(session: Session, cursor: number, head: number): Promise<void> {
    if (cursor === this.#head.seq) session.sentUpTo = cursor;
    else if (cursor === head) await this.#pulled(session, cursor);
  }

  #acked(session: Session, ack: AckBody): void {
    const id = session.relay?.id ?? '';
    const live = this.#rollouts.get(ack.rollout);
    const known = this.#activated.get(ack.rollout);
    const hash = live?.row.hash ?? known?.hash;
    if (hash !== undefined && ack.phase !== 'refused' && ack.hash !== hash)
      return void this.#misbehaved(session, 'wrong_hash');
    const decides = live?.take(id, ack) ?? false;
    this.#inflow.ack(id, ack, session.seq);
    if (ack.phase === 'active' && known)
      syncLatency.observe({ kind: known.kind }, this.#now() - known.publishedAt);
    if (decides && live && this.#verdict(live).do !== 'wait') this.#wake();
  }

  #sighted(session: Session, beat: Extract<RelayBody, { type: 'beat' }>): void {
    this.#inflow.beat(session.relay?.id ?? '', beat, session.seq, session.leaseUntil);
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

  #ctx() {
    return systemContext('policy.hub', this.#deps.database, this.#deps.clock);
  }

  #now(): number {
    return this.#deps.clock.now().getTime();
  }
}

const idsOf = (keys: HubKeys): string[] => [...keys.classical, ...keys.postQuantum].map(key => key.id);

const entriesFrame = (entries: readonly unknown[], more: boolean): string =>
  JSON.stringify({ frame: 'entries', entries, more });
