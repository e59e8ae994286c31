import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { DomainError } from '#kernel/errors/domain-error.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { listPoliciesInput, type PolicyDetail, type PolicyRow } from '#server/policy/hub/schema.ts';
import { rollbackPolicy } from '#server/policy/hub/service/publish.ts';
import { listPolicies, readPolicy } from '#server/policy/hub/service/read.ts';
import {
  type ActionDriver,
  type Applied,
  type Check,
  DriverRefused,
  type Measured,
  type Order,
  TargetMoved,
  type TargetState,
} from '../gateway.ts';
import { noteEffect, wasGiven } from './once.ts';

const name = 'policies';

/**
 * Policies of the hub. One is never set back: what it said before is published once more as a newer version, so that
 * whatever guards relays against replay stands. The version carries the order that made it, which is how a repeated order
 * is known, also by a process that did not give it.
 */
export function policyDriver(from: { database: Database; clock: Clock }): ActionDriver {
  const ctx = () => systemContext('actions', from.database, from.clock);
  const find = async (target: string, tenantId: string): Promise<PolicyDetail | null> => {
    try {
      const policy = await readPolicy(ctx(), { id: target });
      return policy.tenantId === null || policy.tenantId === tenantId ? policy : null;
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'not_found') return null;
      throw error;
    }
  };
  const at = async (target: string, tenantId: string): Promise<PolicyDetail> => {
    const policy = await find(target, tenantId);
    if (!policy) throw new DriverRefused(`There is no policy ${target} any more.`);
    return policy;
  };

  async function publish(target: string, toVersion: number, order: Order, why: string): Promise<Applied> {
    const policy = await at(target, order.tenantId);
    const made = madeBy(policy, order.idempotencyKey);
    if (made)
      return { version: versionOf(policy), repeated: true, said: `version ${made.version} was published` };
    if (await wasGiven(from, order))
      return { version: versionOf(policy), repeated: true, said: 'nothing had to be changed' };
    if (order.expected !== null && versionOf(policy) !== order.expected)
      throw new TargetMoved(target, order.expected, versionOf(policy));
    const reason = `${why} (${order.idempotencyKey})`;
    const published = await rollbackPolicy(ctx(), { id: target, toVersion, reason });
    if ('requestId' in published) throw new DriverRefused(`Version ${toVersion} waits for people.`);
    const version = versionOf(await at(target, order.tenantId));
    await noteEffect(from, name, order, { target, version });
    return {
      version,
      repeated: false,
      said: `version ${toVersion} was published again, as version ${published.version}`,
    };
  }

  return {
    name,
    simulated: false,
    targets: async tenantId => {
      const wanted = listPoliciesInput.parse({ state: ['active'], limit: 200 });
      const { rows } = await listPolicies(ctx(), wanted);
      return rows
        .filter(row => row.tenantId === null || row.tenantId === tenantId)
        .map(row => stateOf(row, []));
    },
    handles: async (step, tenantId) =>
      (step.action === 'policy-rollback' || step.action === 'dryrun') &&
      (await find(step.target, tenantId)) !== null,
    read: async (target, tenantId) => {
      const policy = await find(target, tenantId);
      return policy ? stateOf(policy, policy.versions) : null;
    },
    snapshot: async (step, tenantId) => ({
      ...(await at(step.target, tenantId).then(policy => stateOf(policy, policy.versions))),
      takenAt: from.clock.now().toISOString(),
    }),
    dryRun: async (step, before) => {
      if (step.action !== 'policy-rollback') return { changes: [], reversible: true, warnings: [] };
      const policy = await at(step.target, before.tenantId ?? '');
      const { toVersion } = step.params;
      const refusal = whyNot(policy, toVersion);
      if (refusal) throw new DriverRefused(refusal);
      return {
        changes: [
          { field: 'version', before: before.state.version ?? null, after: policy.latestVersion + 1 },
          { field: 'says what version', before: before.state.version ?? null, after: toVersion },
          {
            field: 'hash',
            before: before.state.hash ?? null,
            after: versionIn(policy, toVersion)?.hash ?? null,
          },
        ],
        reversible: true,
        warnings:
          policy.tenantId === null
            ? ['It holds for every tenant, and goes to every relay of its scope.']
            : [],
      };
    },
    apply: async (step, _before, order) => {
      const policy = await at(step.target, order.tenantId);
      if (step.action !== 'policy-rollback')
        return { version: versionOf(policy), repeated: false, said: 'nothing had to be changed' };
      const refusal = madeBy(policy, order.idempotencyKey) ? null : whyNot(policy, step.params.toVersion);
      if (refusal && versionOf(policy) === order.expected) throw new DriverRefused(refusal);
      return publish(
        step.target,
        step.params.toVersion,
        order,
        `Taken back to version ${step.params.toVersion} by the execution ${order.executionId}`,
      );
    },
    verify: async (step, before) => {
      if (step.action !== 'policy-rollback') return measured([], false);
      const policy = await at(step.target, before.tenantId ?? '');
      const wanted = versionIn(policy, step.params.toVersion)?.hash ?? null;
      return measured(
        [
          { name: 'what is active', wanted, found: policy.activeHash, ok: policy.activeHash === wanted },
          {
            name: 'active version',
            wanted: `above ${Number(before.state.latest)}`,
            found: policy.activeVersion,
            ok: (policy.activeVersion ?? 0) > Number(before.state.latest),
          },
        ],
        isOnItsWay(policy),
      );
    },
    rollback: async (step, before, order) => {
      const policy = await at(step.target, order.tenantId);
      const version = Number(before.state.version);
      // An order that is still on its way when it is taken back must find its key spent.
      await noteEffect(
        from,
        name,
        { ...order, idempotencyKey: order.idempotencyKey.replace(/[^:]+$/, 'all') },
        { target: step.target, version: versionOf(policy) },
      );
      if (policy.activeHash === before.state.hash && !isOnItsWay(policy))
        return { version: versionOf(policy), repeated: false, said: 'nothing had to be changed' };
      return publish(step.target, version, order, `Taken back by the execution ${order.executionId}`);
    },
    restored: async (step, before) => {
      const policy = await at(step.target, before.tenantId ?? '');
      const { hash } = before.state;
      return measured(
        [
          {
            name: 'what is active',
            wanted: hash ?? null,
            found: policy.activeHash,
            ok: policy.activeHash === hash,
          },
        ],
        isOnItsWay(policy),
      );
    },
  };
}

const versionIn = (policy: PolicyDetail, version: number) => policy.versions.find(v => v.version === version);
const madeBy = (policy: PolicyDetail, key: string) =>
  policy.versions.find(v => v.reason?.endsWith(`(${key})`) === true);
const isOnItsWay = (policy: PolicyDetail) => policy.versions.some(v => v.state === 'staging');

/** Only what was in force once: a version that relays refused, or that nobody has tried, is no way back. */
function whyNot(policy: PolicyDetail, toVersion: number): string | null {
  if (policy.state !== 'active') return `${policy.id} is not in force, so there is nothing to take back.`;
  if (isOnItsWay(policy))
    return `A version of ${policy.id} is on its way to the relays. Wait until it is decided.`;
  const version = versionIn(policy, toVersion);
  if (version?.state !== 'superseded' && version?.state !== 'active')
    return `Version ${toVersion} of ${policy.id} was never in force.`;
  return version.hash === policy.activeHash
    ? `${policy.id} says what version ${toVersion} says already.`
    : null;
}

/** Whatever is published, withdrawn by people or revoked makes another version of it. */
const versionOf = (policy: Pick<PolicyRow, 'state' | 'latestVersion'>): string =>
  policy.state === 'active' ? `${policy.latestVersion}` : `${policy.latestVersion}.${policy.state}`;

function stateOf(
  policy: Omit<PolicyRow, 'holding' | 'relays'>,
  versions: PolicyDetail['versions'],
): TargetState {
  const { id, tenantId, kind, state, latestVersion: latest, activeVersion, activeHash } = policy;
  const previous = versions.find(
    v => v.version < (activeVersion ?? 0) && v.state === 'superseded' && v.hash !== activeHash,
  );
  return {
    target: id,
    kind: 'policy',
    tenantId,
    region: null,
    version: versionOf(policy),
    state: {
      ...{ policy: kind, state, version: activeVersion, hash: activeHash, latest },
      previous: previous?.version ?? null,
    },
    // The relays may be simulated; the policy, its signatures and its versions are not.
    simulated: false,
  };
}

const measured = (checks: Check[], onItsWay: boolean): Measured => ({
  outcome: onItsWay ? 'settling' : checks.every(check => check.ok) ? 'ok' : 'wrong',
  checks,
});
