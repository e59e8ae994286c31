import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { log } from '#kernel/log/log.ts';
import { gauge } from '#kernel/metrics/metrics.ts';
import { canonicalBytes } from '#kernel/signing/canonical.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { AckBody, RelayBody } from '#server/policy/relay/schema.ts';
import { activeOf, reachedLately, relayById, strike } from '#server/policy/relay/service/sightings.ts';
import { concerns, envelope } from '#server/policy/relay/service/wire.ts';
import { policyEvent } from '../events.ts';
import { judgeRollout } from '../rules/rollout.ts';
import {
  activeEpoch,
  decideRollout,
  markStaged,
  membersOf,
  nextEpoch,
  type OpenRollout,
  openRevocations,
  openRollouts,
  type Revocation,
  recordActivation,
  recordRevocation,
  recordWithdrawal,
  saveMemberAcks,
} from '../store/rollouts.ts';
import { Inflow } from './inflow.ts';
import { Journal } from './journal.ts';
import { LiveRollout, syncLatency } from './live.ts';
import { signAnew } from './publish.ts';
import { Session, type SessionHost } from './session.ts';
import type { HubSigning } from './signing.ts';

export interface HubDeps {
  database: Database;
  clock: Clock;
  signing: HubSigning;
  /** How long a relay may take itself for current after a beat. */
  leaseMs?: number;
}

const connections = gauge('relay_connections_active', 'Relays connected to this hub');

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
  readonly #journal: Journal;
  #epoch = 0;
  #startedAt = 0;
  #wake: () => void = () => {};
  readonly #host: SessionHost;

  constructor(deps: HubDeps) {
    this.#deps = deps;
    this.#leaseMs = deps.leaseMs ?? 3000;
    this.#journal = new Journal(deps, this.#sessions);
    this.#inflow = new Inflow(deps.database, deps.clock, (tx, acks) => saveMemberAcks(tx, acks));
    this.#host = {
      hub: deps.signing.hub,
      now: () => deps.clock.now(),
      sign: async (type, payload) => envelope(type, canonicalBytes(payload), await this.#journal.signers()),
      relay: id => relayById(this.#ctx(), id),
      admitted: (session, hello) => this.#admitted(session, hello),
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
    for (const id of await reachedLately(ctx, new Date(this.#startedAt - 4 * this.#leaseMs)))
      this.#ghosts.set(id, this.#startedAt + this.#leaseMs);
    const rows = (await openRollouts(ctx.db)).filter(row => row.state === 'staged');
    const members = await membersOf(ctx.db, idsOf(rows));
    for (const row of rows) this.#rollouts.set(row.id, new LiveRollout(row, members));
    await this.syncKeys();
  }

  /** After a change of keys. What a revoked key vouched for is published once more, signed by one that still counts. */
  async syncKeys(): Promise<void> {
    const withdrawn = await this.#journal.syncKeys();
    if (withdrawn.length > 0) await signAnew(this.#ctx(), withdrawn);
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
    const beat = await this.#journal.beat(this.#epoch, new Date(now), this.#leaseMs);
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

  state() {
    return {
      hub: this.#deps.signing.hub,
      head: this.#journal.seq,
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

  async #stage(live: LiveRollout): Promise<void> {
    const { row } = live;
    const members = this.#members(row.scope);
    const { version, hash } = row;
    for (const m of members) live.members.set(m.relay, { ...m, ack: 'none' });
    // Before the entry goes out: a relay answers at once, and its answer must find the rollout.
    live.stagedAt = this.#now();
    this.#rollouts.set(row.id, live);
    const staging = this.#journal.write({
      event: policyEvent('policy.staged', idOf(row), { version, hash, relays: members.length }, row.id),
      body: {
        type: 'stage',
        ...refOf(row),
        content: row.content.toString('base64'),
        statement: JSON.parse(row.statement),
      },
      scope: row.scope,
      policyId: row.policyId,
      change: async tx => {
        if (!(await markStaged(tx, row.id, members, this.#deps.clock.now()))) throw decidedAlready(row.id);
      },
    });
    await staging.catch(error => {
      this.#rollouts.delete(row.id);
      throw error;
    });
  }

  async #judge(live: LiveRollout): Promise<boolean> {
    const verdict = this.#verdict(live);
    if (verdict.do === 'wait') return false;
    if (verdict.do === 'withdraw') await this.#withdraw(live, verdict.reason);
    else await this.#activate(live, verdict.missing);
    return true;
  }

  async #withdraw({ row }: LiveRollout, reason: string): Promise<void> {
    await this.#journal.write({
      event: policyEvent('policy.withdrawn', idOf(row), { version: row.version, reason }, row.id),
      body: { type: 'withdraw', ...refOf(row), reason: reason.slice(0, 300) },
      scope: row.scope,
      policyId: row.policyId,
      change: async tx => {
        const now = this.#deps.clock.now();
        if (!(await decideRollout(tx, row.id, { state: 'withdrawn', reason }, now)))
          throw decidedAlready(row.id);
        await recordWithdrawal(tx, row.policyId, row.version, now);
      },
    });
    this.#rollouts.delete(row.id);
  }

  async #activate({ row, members }: LiveRollout, missing: string[]): Promise<void> {
    const epoch = this.#epoch + 1;
    const { version, hash } = row;
    this.#activated.set(row.id, { kind: row.kind, publishedAt: Date.parse(row.publishedAt) });
    if (this.#activated.size > 500) this.#activated.delete(this.#activated.keys().next().value ?? '');
    await this.#journal.write({
      event: policyEvent(
        'policy.activated',
        idOf(row),
        { version, hash, epoch, relays: members.size, missing },
        row.id,
      ),
      body: { type: 'activate', ...refOf(row), epoch },
      scope: row.scope,
      policyId: row.policyId,
      change: async tx => {
        const now = this.#deps.clock.now();
        if ((await nextEpoch(tx)) !== epoch) throw new Error('Another hub has spent this epoch.');
        if (!(await decideRollout(tx, row.id, { state: 'active', epoch }, now))) throw decidedAlready(row.id);
        await recordActivation(tx, row, epoch, now);
      },
    });
    this.#epoch = epoch;
    this.#rollouts.delete(row.id);
  }

  readonly #activated = new Map<string, { kind: string; publishedAt: number }>();

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

  /** No staging, no quorum: a policy that must not hold any more is out of service with this one entry. */
  async #revoke({ reason, ...policy }: Revocation): Promise<void> {
    const epoch = this.#epoch + 1;
    const { id, version } = policy;
    await this.#journal.write({
      event: policyEvent('policy.revoked', policy, { version, epoch, reason }),
      body: { type: 'revoke', policy: id, version, epoch, reason: reason.slice(0, 300) },
      scope: null,
      policyId: id,
      change: async tx => {
        if ((await nextEpoch(tx)) !== epoch) throw new Error('Another hub has spent this epoch.');
        await recordRevocation(tx, policy, epoch, this.#deps.clock.now());
      },
    });
    this.#epoch = epoch;
    for (const [rollout, live] of this.#rollouts)
      if (live.row.policyId === id) this.#rollouts.delete(rollout);
  }

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
    // One that holds everything gets the next entry pushed; one that does not asks for what it lacks.
    if (hello.cursor === this.#journal.seq) session.sentUpTo = hello.cursor;
    if (wrong) this.#misbehaved(session, 'wrong_hash');
    return this.#journal.seq;
  }

  #acked(session: Session, ack: AckBody): void {
    const id = session.relay?.id ?? '';
    const live = this.#rollouts.get(ack.rollout);
    if (live && ack.phase !== 'refused' && ack.hash !== live.row.hash)
      return void this.#misbehaved(session, 'wrong_hash');
    const decides = live?.take(id, ack) ?? false;
    this.#inflow.ack(id, ack, session.seq);
    if (ack.phase === 'active') {
      const known = this.#activated.get(ack.rollout);
      if (known) syncLatency.observe({ kind: known.kind }, this.#now() - known.publishedAt);
    }
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

const idsOf = (rows: readonly OpenRollout[]) => rows.map(row => row.id);
const idOf = ({ policyId, tenantId }: OpenRollout) => ({ id: policyId, tenantId });
const refOf = ({ id, policyId, version, hash }: OpenRollout) => ({
  rollout: id,
  policy: policyId,
  version,
  hash,
});
const decidedAlready = (rollout: string) => new Error(`The rollout ${rollout} is decided already.`);
