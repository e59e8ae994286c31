import { histogram } from '#kernel/metrics/metrics.ts';
import type { AckBody } from '#server/policy/relay/schema.ts';
import type { Member } from '../rules/rollout.ts';
import type { MemberAck, OpenRollout, StoredMember } from '../store/rollouts.ts';

const syncLatency = histogram(
  'policy_sync_latency_ms',
  'From publishing to verified and active, for each relay',
  ['kind'],
  [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000],
);

/** What the hub remembers of a version on its way, between the relays' words and its own decision. */
export class LiveRollout {
  readonly row: OpenRollout;
  readonly members: Map<string, Member>;
  stagedAt: number;
  #answers: number;

  constructor(row: OpenRollout, members: readonly StoredMember[]) {
    this.row = row;
    this.stagedAt = Date.parse(row.stagedAt ?? row.publishedAt);
    this.members = new Map(
      members
        .filter(m => m.rolloutId === row.id)
        .map(m => [
          m.relayId,
          {
            relay: m.relayId,
            leaseUntil: Date.parse(m.leaseUntil),
            ack: m.ack,
            ...(m.reason ? { reason: m.reason } : {}),
          },
        ]),
    );
    this.#answers = [...this.members.values()].filter(m => m.ack !== 'none').length;
  }

  /** Nobody is waited for any more. */
  get answered(): boolean {
    return this.#answers >= this.members.size;
  }

  /** True when the word changes what the hub may decide. */
  take(relay: string, ack: AckBody): boolean {
    const member = this.members.get(relay);
    if (member?.ack !== 'none') return false;
    if (ack.phase === 'staged') member.ack = 'staged';
    else if (ack.phase === 'refused') {
      member.ack = 'refused';
      member.reason = ack.reason ?? 'no reason given';
    } else return false;
    this.#answers += 1;
    return true;
  }
}

/** What is to be written of a relay's words, kept until the next batch. */
export const memberAck = (relay: string, ack: AckBody, at: Date): MemberAck | null =>
  ack.phase === 'removed' || ack.rollout === ''
    ? null
    : { rolloutId: ack.rollout, relayId: relay, phase: ack.phase, reason: ack.reason ?? null, at };

/** The last versions that were activated, for the words about them that are still to come. */
export class Activated {
  readonly #known = new Map<
    string,
    { kind: string; hash: string; publishedAt: number; members: ReadonlySet<string> }
  >();

  note(row: Pick<OpenRollout, 'id' | 'kind' | 'hash' | 'publishedAt'>, members: ReadonlySet<string>): void {
    const { id, kind, hash } = row;
    this.#known.set(id, { kind, hash, publishedAt: Date.parse(row.publishedAt), members });
    if (this.#known.size > 500) this.#known.delete(this.#known.keys().next().value ?? '');
  }

  hashOf = (rollout: string): string | undefined => this.#known.get(rollout)?.hash;

  /** One that joined or came back later catches up; that is no propagation. */
  observe(rollout: string, relay: string, now: number): void {
    const known = this.#known.get(rollout);
    if (known?.members.has(relay)) syncLatency.observe({ kind: known.kind }, now - known.publishedAt);
  }
}
