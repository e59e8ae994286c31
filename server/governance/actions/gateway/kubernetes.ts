import type { V1Deployment, V1Node } from '@kubernetes/client-node';
import type { PlanStep } from '#kernel/actions/plan.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import { env } from '#kernel/env/env.ts';
import {
  type ActionDriver,
  type Applied,
  type Check,
  DriverAway,
  DriverRefused,
  type Facts,
  type Measured,
  type Order,
  type Snapshot,
  TargetMoved,
  type TargetState,
} from '../gateway.ts';
import {
  type Cluster,
  type ClusterConfig,
  call,
  found,
  type Need,
  openCluster,
  requireAccess,
  statusOf,
} from './kubernetes-client.ts';
import { drainNode } from './kubernetes-drain.ts';

const restartedAt = 'kubectl.kubernetes.io/restartedAt';
const orderMark = 'atom-console/order';
const capable: Record<string, readonly PlanStep['action'][]> = {
  service: ['scale', 'restart'],
  node: ['cordon', 'drain'],
};

/** Null where no cluster is named. */
export function kubernetesDriver({ clock }: { clock: Clock }): ActionDriver | null {
  const { K8S_CONTEXT, KUBECONFIG, K8S_NAMESPACE_PREFIX } = env().vars;
  if (K8S_CONTEXT === undefined) return null;
  return clusterDriver(
    { context: K8S_CONTEXT, kubeconfig: KUBECONFIG, namespacePrefix: K8S_NAMESPACE_PREFIX },
    clock,
  );
}

/** Deployments in a tenant's own namespace are scaled and restarted, nodes cordoned and drained. */
export function clusterDriver(config: ClusterConfig, clock: Clock, pauseMs = 2000): ActionDriver {
  let opened: Promise<Cluster> | undefined;
  const cluster = () => {
    opened ??= openCluster(config).catch(error => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  const namespaceOf = (tenantId: string) => `${config.namespacePrefix}${tenantId.replaceAll('_', '-')}`;

  const deployment = async (name: string, tenantId: string) =>
    found(`read deployment ${name}`, async () =>
      (await cluster()).apps.readNamespacedDeployment({ name, namespace: namespaceOf(tenantId) }),
    );
  const node = async (name: string) =>
    found(`read node ${name}`, async () => (await cluster()).core.readNode({ name }));

  async function read(target: string, tenantId: string): Promise<TargetState | null> {
    if (target.includes('/')) return null;
    const service = await deployment(target, tenantId);
    if (service) return ofDeployment(service, tenantId);
    const machine = await node(target);
    return machine ? ofNode(machine) : null;
  }
  const present = async (target: string, tenantId: string): Promise<TargetState> => {
    const state = await read(target, tenantId);
    if (!state) throw new DriverRefused(`The cluster has no ${target}.`);
    return state;
  };

  const access = async (step: PlanStep, tenantId: string): Promise<void> =>
    requireAccess(await cluster(), needsOf(step, namespaceOf(tenantId)));

  /** Writes under the version that was read; a conflict is looked at again, and is only a move where the state differs. */
  async function guarded(
    target: string,
    tenantId: string,
    order: Pick<Order, 'expected' | 'signal'>,
    write: () => Promise<unknown>,
  ): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const now = await present(target, tenantId);
      if (order.expected !== null && now.version !== order.expected)
        throw new TargetMoved(target, order.expected, now.version);
      try {
        await write();
        return;
      } catch (error) {
        if (statusOf(error) !== 409) throw error;
        if (attempt === 4) throw new DriverAway(`${target} is changed all the time by others.`, error);
      }
    }
  }

  async function setReplicas(
    target: string,
    tenantId: string,
    replicas: number,
    dryRun: boolean,
    signal?: AbortSignal,
  ) {
    const { apps } = await cluster();
    const at = { name: target, namespace: namespaceOf(tenantId) };
    const scale = await call('read scale', () => apps.readNamespacedDeploymentScale(at), signal);
    await call(
      `scale ${target}`,
      () =>
        apps.replaceNamespacedDeploymentScale({
          ...at,
          // The resourceVersion that was read goes along: a change in between is a conflict.
          body: { ...scale, spec: { replicas } },
          fieldManager: 'atom-console',
          ...(dryRun ? { dryRun: 'All' } : {}),
        }),
      signal,
    );
  }

  async function annotate(
    target: string,
    tenantId: string,
    order: string,
    dryRun: boolean,
    signal?: AbortSignal,
  ) {
    const { apps, merge } = await cluster();
    const at = { name: target, namespace: namespaceOf(tenantId) };
    const now = await call('read deployment', () => apps.readNamespacedDeployment(at), signal);
    const body = {
      metadata: { resourceVersion: now.metadata?.resourceVersion },
      spec: {
        template: {
          metadata: { annotations: { [restartedAt]: clock.now().toISOString(), [orderMark]: order } },
        },
      },
    };
    await call(
      `restart ${target}`,
      () =>
        apps.patchNamespacedDeployment(
          { ...at, body, fieldManager: 'atom-console', ...(dryRun ? { dryRun: 'All' } : {}) },
          merge,
        ),
      signal,
    );
  }

  async function setSchedulable(target: string, schedulable: boolean, dryRun: boolean, signal?: AbortSignal) {
    const { core, merge } = await cluster();
    const now = await call('read node', () => core.readNode({ name: target }), signal);
    const body = {
      metadata: { resourceVersion: now.metadata?.resourceVersion },
      spec: { unschedulable: schedulable ? null : true },
    };
    await call(
      `${schedulable ? 'uncordon' : 'cordon'} ${target}`,
      () =>
        core.patchNode(
          { name: target, body, fieldManager: 'atom-console', ...(dryRun ? { dryRun: 'All' } : {}) },
          merge,
        ),
      signal,
    );
  }

  const write = (step: PlanStep, tenantId: string, order: string, dryRun: boolean, signal?: AbortSignal) =>
    step.action === 'scale'
      ? setReplicas(step.target, tenantId, step.params.replicas, dryRun, signal)
      : step.action === 'restart'
        ? annotate(step.target, tenantId, order, dryRun, signal)
        : setSchedulable(step.target, false, dryRun, signal);

  const evictAll = async (step: PlanStep, signal: AbortSignal): Promise<void> => {
    if (step.action === 'drain')
      await drainNode(await cluster(), step.target, {
        graceSeconds: step.params.graceSeconds,
        pauseMs,
        signal,
      });
  };

  return {
    name: 'kubernetes',
    simulated: false,
    targets: async tenantId => {
      const { apps } = await cluster();
      const { items } = await call('list deployments', () =>
        apps.listNamespacedDeployment({ namespace: namespaceOf(tenantId), limit: 500 }),
      );
      return items.map(item => ofDeployment(item, tenantId)).toSorted((a, b) => missing(b) - missing(a));
    },
    handles: async (step, tenantId) => {
      const state = await read(step.target, tenantId);
      return state !== null && (capable[state.kind] ?? []).includes(step.action);
    },
    read,
    snapshot: async (step, tenantId) => ({
      ...(await present(step.target, tenantId)),
      // A node belongs to nobody; the tenant in whose name it is touched is still needed to find the target again.
      takenAt: clock.now().toISOString(),
    }),
    dryRun: async (step, before) => {
      const tenantId = before.tenantId ?? '';
      await access(step, tenantId);
      await guarded(
        step.target,
        tenantId,
        { expected: before.version, signal: AbortSignal.timeout(15_000) },
        () => write(step, tenantId, 'dry-run', true),
      );
      return {
        changes: changesOf(step, before, clock.now()),
        reversible: true,
        warnings:
          step.action === 'restart'
            ? ['Pods are replaced one after the other; the old ones do not come back.']
            : step.action === 'drain'
              ? ['Pods move elsewhere; bringing the node back does not bring them back to it.']
              : [],
      };
    },
    apply: async (step, before, order): Promise<Applied> => {
      const { tenantId, idempotencyKey: key, signal } = order;
      await access(step, tenantId);
      const now = await present(step.target, tenantId);
      const done = isDone(step, now, key);
      if (!done) await guarded(step.target, tenantId, order, () => write(step, tenantId, key, false, signal));
      await evictAll(step, signal);
      const after = await present(step.target, tenantId);
      return {
        version: after.version,
        repeated: done && step.action !== 'drain',
        said: `${step.action} of ${step.target}: ${before.version} to ${after.version}`,
      };
    },
    verify: async (step, before) => {
      const now = await present(step.target, before.tenantId ?? '');
      return measuredOf(wantedOf(step, before, now), now);
    },
    rollback: async (step, before, order): Promise<Applied> => {
      const { tenantId, signal } = order;
      const now = await present(step.target, tenantId);
      const { replicas, schedulable } = before.state;
      let said = 'nothing had to be changed';
      if (step.action === 'scale' && typeof replicas === 'number' && now.state.replicas !== replicas) {
        await guarded(step.target, tenantId, { expected: null, signal }, () =>
          setReplicas(step.target, tenantId, replicas, false, signal),
        );
        said = `${step.target} is told to run ${replicas} replicas again`;
      }
      if (now.kind === 'node' && schedulable === true && now.state.schedulable !== true) {
        await guarded(step.target, tenantId, { expected: null, signal }, () =>
          setSchedulable(step.target, true, false, signal),
        );
        said = `${step.target} takes pods again`;
      }
      return {
        version: (await present(step.target, tenantId)).version,
        repeated: said.startsWith('nothing'),
        said,
      };
    },
    restored: async (_step, before) => {
      const now = await present(before.target, before.tenantId ?? '');
      const { replicas, schedulable } = before.state;
      const wanted: Facts =
        now.kind === 'service' ? { replicas: replicas ?? null } : { schedulable: schedulable ?? null };
      return measuredOf(wanted, now);
    },
  };
}

/** A spec that changed has another generation; what merely happens to the pods leaves it alone. */
function ofDeployment({ metadata, spec, status }: V1Deployment, tenantId: string): TargetState {
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

function ofNode({ metadata, spec }: V1Node): TargetState {
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

const missing = ({ state }: TargetState) => Number(state.replicas) - Number(state.ready);

function needsOf(step: PlanStep, namespace: string): Need[] {
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

function isDone(step: PlanStep, now: TargetState, key: string): boolean {
  if (step.action === 'scale') return now.state.replicas === step.params.replicas;
  if (step.action === 'restart') return now.state.order === key;
  return now.state.schedulable === false;
}

function changesOf(step: PlanStep, before: Snapshot, at: Date) {
  const changed = (field: string, after: string | number | boolean) =>
    (before.state[field] ?? null) === after ? [] : [{ field, before: before.state[field] ?? null, after }];
  if (step.action === 'scale') return changed('replicas', step.params.replicas);
  if (step.action === 'restart') return changed('restartedAt', at.toISOString());
  return changed('schedulable', false);
}

function wantedOf(step: PlanStep, before: Snapshot, now: TargetState): Facts {
  if (step.action === 'scale') return { replicas: step.params.replicas };
  if (step.action !== 'restart') return { schedulable: false };
  const again = now.state.restartedAt !== before.state.restartedAt && now.state.restartedAt !== null;
  return {
    replicas: before.state.replicas as number,
    restartedAt: again ? (now.state.restartedAt as string) : 'later than before',
  };
}

/** The spec says what was asked for; the pods follow. */
function measuredOf(wanted: Facts, now: TargetState): Measured {
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
