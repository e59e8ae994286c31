import type { V1Deployment, V1Node } from '@kubernetes/client-node';
import type { PlanStep } from '#kernel/actions/plan.ts';
import type { Check, Facts, Measured, Snapshot, TargetState } from '../gateway.ts';
import type { Need } from './kubernetes-client.ts';

export const restartedAt = 'kubectl.kubernetes.io/restartedAt';
export const orderMark = 'atom-console/order';

/** A spec that changed has another generation; what merely happens to the pods leaves it alone. */
export function ofDeployment({ metadata, spec, status }: V1Deployment, tenantId: string): TargetState {
  const annotations = spec?.template.metadata?.annotations ?? {};
  const settled = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  return {
    target: metadata?.name ?? '',
    kind: 'service',
    tenantId,
    region: metadata?.labels?.['topology.kubernetes.io/region'] ?? null,
    version: `g${metadata?.generation ?? 0}`,
    state: {
      replicas: spec?.replicas ?? 1,
      ready: status?.readyReplicas ?? 0,
      updated: status?.updatedReplicas ?? 0,
      settled,
      restartedAt: annotations[restartedAt] ?? null,
      order: annotations[orderMark] ?? null,
      image: spec?.template.spec?.containers[0]?.image ?? null,
    },
    simulated: false,
  };
}

export function ofNode({ metadata, spec }: V1Node): TargetState {
  const schedulable = spec?.unschedulable !== true;
  return {
    target: metadata?.name ?? '',
    kind: 'node',
    tenantId: null,
    region: metadata?.labels?.['topology.kubernetes.io/region'] ?? null,
    version: schedulable ? 'open' : 'cordoned',
    state: { schedulable },
    simulated: false,
  };
}

export const missing = ({ state }: TargetState) => Number(state.replicas) - Number(state.ready);

export function needsOf(step: PlanStep, namespace: string): Need[] {
  if (step.action === 'scale')
    return [{ verb: 'update', group: 'apps', resource: 'deployments', subresource: 'scale', namespace }];
  if (step.action === 'restart')
    return [{ verb: 'patch', group: 'apps', resource: 'deployments', namespace }];
  const cordon: Need = { verb: 'patch', group: '', resource: 'nodes' };
  return step.action === 'drain'
    ? [
        cordon,
        { verb: 'list', group: '', resource: 'pods' },
        { verb: 'create', group: '', resource: 'pods', subresource: 'eviction' },
      ]
    : [cordon];
}

export function isDone(step: PlanStep, now: TargetState, key: string): boolean {
  if (step.action === 'scale') return now.state.replicas === step.params.replicas;
  if (step.action === 'restart') return now.state.order === key;
  return now.state.schedulable === false;
}

export function changesOf(step: PlanStep, before: Snapshot, at: Date) {
  const changed = (field: string, after: string | number | boolean) =>
    (before.state[field] ?? null) === after ? [] : [{ field, before: before.state[field] ?? null, after }];
  if (step.action === 'scale') return changed('replicas', step.params.replicas);
  if (step.action === 'restart') return changed('restartedAt', at.toISOString());
  return changed('schedulable', false);
}

export function wantedOf(step: PlanStep, before: Snapshot, now: TargetState): Facts {
  if (step.action === 'scale') return { replicas: step.params.replicas };
  if (step.action !== 'restart') return { schedulable: false };
  const again = now.state.restartedAt !== before.state.restartedAt && now.state.restartedAt !== null;
  return {
    replicas: before.state.replicas as number,
    restartedAt: again ? (now.state.restartedAt as string) : 'later than before',
  };
}

/** The spec says what was asked for; the pods follow. */
export function measuredOf(wanted: Facts, now: TargetState): Measured {
  const checks: Check[] = Object.entries(wanted).map(([name, value]) => ({
    name,
    ok: now.state[name] === value,
    wanted: value,
    found: now.state[name] ?? null,
  }));
  if (!checks.every(check => check.ok)) return { outcome: 'wrong', checks };
  if (now.kind !== 'service') return { outcome: 'ok', checks };
  const { replicas, ready, updated, settled } = now.state;
  const pods: Check[] = [
    { name: 'ready', ok: ready === replicas, wanted: replicas ?? null, found: ready ?? null },
    {
      name: 'updated',
      ok: updated === replicas && settled === true,
      wanted: replicas ?? null,
      found: updated ?? null,
    },
  ];
  return { outcome: pods.every(check => check.ok) ? 'ok' : 'settling', checks: [...checks, ...pods] };
}
