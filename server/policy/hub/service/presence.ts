import { gauge } from '#kernel/metrics/metrics.ts';
import type { PolicyScope } from '#kernel/policy/kinds.ts';
import { concerns } from '#server/policy/relay/service/wire.ts';
import type { Session } from './session.ts';

const connections = gauge('relay_connections_active', 'Relays connected to this hub');

/** Who is connected, and which leases may still run: of those connected, of those just gone, and of a process before this. */
export class Presence {
  readonly sessions = new Map<string, Session>();
  readonly #ghosts = new Map<string, number>();

  /** Promised by a process before this one: taken for the longest that it could have been. */
  expect(ids: readonly string[], until: number): void {
    for (const id of ids) this.#ghosts.set(id, until);
  }

  /** The newest connection of a relay is the one; it inherits the lease of the one before. */
  enter(id: string, session: Session): void {
    const before = this.sessions.get(id);
    this.sessions.set(id, session);
    if (before && before !== session) {
      session.leaseUntil = before.leaseUntil;
      before.refuse('replaced', 'The relay has opened a newer connection.');
    }
    session.leaseUntil = Math.max(session.leaseUntil, this.#ghosts.get(id) ?? 0);
    this.#ghosts.delete(id);
    connections.set(this.sessions.size);
  }

  leave(session: Session): void {
    const id = session.relay?.id;
    if (id === undefined || this.sessions.get(id) !== session) return;
    this.sessions.delete(id);
    this.#ghosts.set(id, session.leaseUntil);
    connections.set(this.sessions.size);
  }

  leaseOf(id: string): number {
    return Math.max(this.sessions.get(id)?.leaseUntil ?? 0, this.#ghosts.get(id) ?? 0);
  }

  forgetBefore(now: number): void {
    for (const [id, until] of this.#ghosts) if (until < now) this.#ghosts.delete(id);
  }

  members(scope: PolicyScope, now: number): { relay: string; leaseUntil: number }[] {
    const found = new Map<string, number>();
    for (const [id, session] of this.sessions)
      if (session.relay && concerns(scope, session.relay)) found.set(id, Math.max(session.leaseUntil, now));
    // Out of sight, but perhaps still within a lease. Whom it concerns is not known here, so each counts.
    for (const [id, until] of this.#ghosts) if (until >= now && !found.has(id)) found.set(id, until);
    return [...found].map(([relay, leaseUntil]) => ({ relay, leaseUntil }));
  }
}
