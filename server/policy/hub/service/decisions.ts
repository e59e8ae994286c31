import type { Clock } from '#kernel/clock/clock.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { AckBody } from '#server/policy/relay/schema.ts';
import { judgeRollout } from '../rules/rollout.ts';
import {
  activeEpoch,
  lastActivated,
  membersOf,
  type OpenRollout,
  openRevocations,
  openRollouts,
  type Revocation,
} from '../store/rollouts.ts';
import type { Journal, JournalDeps } from './journal.ts';
import { Activated, LiveRollout } from './live.ts';
import type { Presence } from './presence.ts';
import { activation, revocation, staging, withdrawal } from './steps.ts';

/** What the hub decides: each version is staged, then activated or withdrawn; one version of a policy at a time. */
export class Decisions {
  readonly #deps: JournalDeps;
  readonly #journal: Journal;
  readonly #presence: Presence;
  readonly #clock: Clock;
  readonly #rollouts = new Map<string, LiveRollout>();
  readonly #activated = new Activated();
  #epoch = 0;

  constructor(deps: JournalDeps, journal: Journal, presence: Presence) {
    this.#deps = deps;
    this.#clock = deps.clock;
    this.#journal = journal;
    this.#presence = presence;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get open(): { id: string; policy: string; version: number }[] {
    return [...this.#rollouts.values()].map(({ row }) => ({
      id: row.id,
      policy: row.policyId,
      version: row.version,
    }));
  }

  /** The deadlines run anew from then: the relays have to find this process first, and then say again what they hold. */
  async load(earliest: number): Promise<void> {
    for (const row of await lastActivated(this.#ctx().db)) this.#activated.note(row, new Set());
    await this.reload();
    for (const live of this.#rollouts.values()) live.stagedAt = Math.max(live.stagedAt, earliest);
  }

  /** What is staged in the database is under way here, and nothing else. */
  async reload(): Promise<void> {
    const { db } = this.#ctx();
    const rows = (await openRollouts(db)).filter(row => row.state === 'staged');
    const ids = rows.map(row => row.id);
    const members = await membersOf(db, ids);
    for (const id of this.#rollouts.keys()) if (!ids.includes(id)) this.#rollouts.delete(id);
    for (const row of rows)
      if (!this.#rollouts.has(row.id)) this.#rollouts.set(row.id, new LiveRollout(row, members));
    this.#epoch = await activeEpoch(db);
  }

  /** The number of things done. */
  async advance(): Promise<number> {
    const waiting = (await openRollouts(this.#ctx().db)).filter(row => row.state === 'waiting');
    let done = 0;
    for (const row of waiting) {
      // One version of a policy at a time: the next waits until this one is decided.
      if ([...this.#rollouts.values()].some(r => r.row.policyId === row.policyId)) continue;
      await this.#stage(new LiveRollout(row, []));
      done += 1;
    }
    for (const live of [...this.#rollouts.values()]) if (await this.#judge(live)) done += 1;
    for (const policy of await openRevocations(this.#ctx().db)) {
      await this.#revoke(policy);
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

  /** A member that keeps a strict version waiting past its deadline gets no new lease, so that its old one runs out. */
  heldBack(now: number): Set<string> {
    const held = new Set<string>();
    for (const live of this.#rollouts.values())
      if (live.row.strict && now >= live.stagedAt + live.row.deadlineMs)
        for (const m of live.members.values()) if (m.ack === 'none') held.add(m.relay);
    return held;
  }

  /** The hash of the version that a word is about; undefined where nobody here remembers it. */
  hashOf(rollout: string): string | undefined {
    return this.#rollouts.get(rollout)?.row.hash ?? this.#activated.hashOf(rollout);
  }

  /** True: there may be something to decide. Looking at all members for each of their words would be their square. */
  take(relay: string, ack: AckBody): boolean {
    const live = this.#rollouts.get(ack.rollout);
    const decides = live?.take(relay, ack) ?? false;
    if (ack.phase === 'active') this.#activated.observe(ack.rollout, relay, this.#now());
    return decides && (live?.answered === true || ack.phase === 'refused');
  }

  async #stage(live: LiveRollout): Promise<void> {
    const { row } = live;
    const members = this.#presence.members(row.scope, this.#now());
    for (const m of members) live.members.set(m.relay, { ...m, ack: 'none' });
    // Before the entry goes out: a relay answers at once, and its answer must find the rollout.
    live.stagedAt = this.#now();
    this.#rollouts.set(row.id, live);
    await this.#journal.write(staging(row, members, this.#clock)).catch(error => {
      this.#rollouts.delete(row.id);
      throw error;
    });
  }

  async #judge(live: LiveRollout): Promise<boolean> {
    const verdict = this.#verdict(live);
    if (verdict.do === 'wait') return false;
    if (verdict.do === 'activate') await this.#activate(live.row, live.members, verdict.missing);
    else await this.#journal.write(withdrawal(live.row, verdict.reason, this.#clock));
    this.#rollouts.delete(live.row.id);
    return true;
  }

  async #activate(row: OpenRollout, members: LiveRollout['members'], missing: string[]): Promise<void> {
    const epoch = this.#epoch + 1;
    this.#activated.note(row, new Set(members.keys()));
    const sizes = { relays: members.size, missing };
    await this.#journal.write(activation(row, epoch, sizes, this.#clock));
    this.#epoch = epoch;
  }

  async #revoke(policy: Revocation): Promise<void> {
    const epoch = this.#epoch + 1;
    await this.#journal.write(revocation(policy, epoch, this.#clock));
    this.#epoch = epoch;
    for (const [rollout, live] of this.#rollouts)
      if (live.row.policyId === policy.id) this.#rollouts.delete(rollout);
  }

  /** Leases are looked up as they are now: one that was renewed since the staging counts in full. */
  #verdict(live: LiveRollout) {
    const { strict, deadlineMs, quorum } = live.row;
    const members = [...live.members.values()].map(m => ({
      ...m,
      leaseUntil: Math.max(m.leaseUntil, this.#presence.leaseOf(m.relay)),
    }));
    return judgeRollout({ strict, deadlineMs, quorum, stagedAt: live.stagedAt, members }, this.#now());
  }

  readonly #ctx = () => systemContext('policy.hub', this.#deps.database, this.#clock);
  readonly #now = (): number => this.#clock.now().getTime();
}
