import type { Clock } from '#kernel/clock/clock.ts';
import { policyEvent } from '../events.ts';
import {
  decideRollout,
  markStaged,
  nextEpoch,
  type OpenRollout,
  type Revocation,
  recordActivation,
  recordRevocation,
  recordWithdrawal,
} from '../store/rollouts.ts';
import type { Written } from './journal.ts';

/** Each step of a version on its way, as one entry of the log and the change that belongs to it. */

const idOf = ({ policyId, tenantId }: OpenRollout) => ({ id: policyId, tenantId });
const refOf = ({ id, policyId, version, hash }: OpenRollout) => ({
  rollout: id,
  policy: policyId,
  version,
  hash,
});
const decidedAlready = (rollout: string) => new Error(`The rollout ${rollout} is decided already.`);
const spent = () => new Error('Another hub has spent this epoch.');

export function staging(
  row: OpenRollout,
  members: readonly { relay: string; leaseUntil: number }[],
  clock: Clock,
): Written {
  const { version, hash } = row;
  return {
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
      if (!(await markStaged(tx, row.id, members, clock.now()))) throw decidedAlready(row.id);
    },
  };
}

export const withdrawal = (row: OpenRollout, reason: string, clock: Clock): Written => ({
  event: policyEvent('policy.withdrawn', idOf(row), { version: row.version, reason }, row.id),
  body: { type: 'withdraw', ...refOf(row), reason: reason.slice(0, 300) },
  scope: row.scope,
  policyId: row.policyId,
  change: async tx => {
    const now = clock.now();
    if (!(await decideRollout(tx, row.id, { state: 'withdrawn', reason }, now))) throw decidedAlready(row.id);
    await recordWithdrawal(tx, row.policyId, row.version, now);
  },
});

export function activation(
  row: OpenRollout,
  epoch: number,
  members: { relays: number; missing: string[] },
  clock: Clock,
): Written {
  const { version, hash } = row;
  return {
    event: policyEvent('policy.activated', idOf(row), { version, hash, epoch, ...members }, row.id),
    body: { type: 'activate', ...refOf(row), epoch },
    scope: row.scope,
    policyId: row.policyId,
    change: async tx => {
      const now = clock.now();
      if ((await nextEpoch(tx)) !== epoch) throw spent();
      if (!(await decideRollout(tx, row.id, { state: 'active', epoch }, now))) throw decidedAlready(row.id);
      await recordActivation(tx, row, epoch, now);
    },
  };
}

/** No staging, no quorum: a policy that must not hold any more is out of service with this one entry. */
export function revocation({ reason, ...policy }: Revocation, epoch: number, clock: Clock): Written {
  const { id, version } = policy;
  return {
    event: policyEvent('policy.revoked', policy, { version, epoch, reason }),
    body: { type: 'revoke', policy: id, version, epoch, reason: reason.slice(0, 300) },
    scope: null,
    policyId: id,
    change: async tx => {
      if ((await nextEpoch(tx)) !== epoch) throw spent();
      await recordRevocation(tx, policy, epoch, clock.now());
    },
  };
}
