/** A version on its way to the fleet: staged at the relays, then activated everywhere by one epoch, or withdrawn. */
export interface Member {
  relay: string;
  /** Hub time until which the relay may take itself for current, as last promised to it. */
  leaseUntil: number;
  ack: 'none' | 'staged' | 'refused';
  reason?: string;
}

export interface Rollout {
  strict: boolean;
  stagedAt: number;
  deadlineMs: number;
  /** Share of the reachable members that has to hold the version at the deadline. */
  quorum: number;
  members: readonly Member[];
}

export type Verdict =
  | { do: 'wait'; until: number }
  | { do: 'activate'; missing: string[] }
  | { do: 'withdraw'; reason: string };

/**
 * The members are those that were reachable when the version was staged. All of them hold it: activate at once. At the
 * deadline a quorum is enough, except for strict kinds: there nobody may still be serving the old version as current, so
 * each missing member must have run out of its lease first, and a refusal withdraws.
 */
export function judgeRollout(rollout: Rollout, now: number): Verdict {
  const { members, strict } = rollout;
  const staged = members.filter(m => m.ack === 'staged');
  const refused = members.filter(m => m.ack === 'refused');
  const missing = members.filter(m => m.ack !== 'staged').map(m => m.relay);
  if (missing.length === 0) return { do: 'activate', missing: [] };
  const [first] = refused;
  if (strict && first)
    return { do: 'withdraw', reason: `${first.relay} refused it: ${first.reason ?? 'no reason given'}.` };
  const needed = Math.ceil(members.length * rollout.quorum - 1e-9);
  if (members.length - refused.length < needed)
    return {
      do: 'withdraw',
      reason: `${refused.length} of ${members.length} relays refused it (${first?.relay}: ${first?.reason ?? 'no reason given'}).`,
    };
  const deadline = rollout.stagedAt + rollout.deadlineMs;
  if (now < deadline) return { do: 'wait', until: deadline };
  if (staged.length < needed)
    return {
      do: 'withdraw',
      reason: `${staged.length} of ${members.length} reachable relays hold it at the deadline; ${needed} are needed.`,
    };
  if (!strict) return { do: 'activate', missing };
  const leases = Math.max(...members.filter(m => m.ack === 'none').map(m => m.leaseUntil));
  return now > leases ? { do: 'activate', missing } : { do: 'wait', until: leases + 1 };
}
