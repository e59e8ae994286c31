import type { PlanStep } from '#kernel/actions/plan.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import { env } from '#kernel/env/env.ts';
import { type ActionDriver, DriverAway, type Facts, type Order, TargetMoved } from '../gateway.ts';
import { namespaceOf } from '../rules/ownership.ts';
import {
  type Cluster,
  type ClusterConfig,
  call,
  openCluster,
  requireAccess,
  statusOf,
} from './kubernetes-client.ts';
import { drainNode } from './kubernetes-drain.ts';
import { clusterReader, namespaceIn } from './kubernetes-read.ts';
import {
  changesOf,
  isDone,
  measuredOf,
  missing,
  needsOf,
  ofDeployment,
  wantedOf,
} from './kubernetes-state.ts';
import { setReplicas, setSchedulable, writeStep } from './kubernetes-write.ts';

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
  const { read, present } = clusterReader(cluster, config);
  const own = (tenantId: string) => namespaceIn(config, tenantId);

  const access = async (step: PlanStep, tenantId: string): Promise<void> =>
    requireAccess(await cluster(), needsOf(step, own(tenantId)));

  /** Writes under the version that was read; a conflict is looked at again, and is only a move where the state differs. */
  async function guarded(
    target: string,
    tenantId: string,
    expected: Order['expected'],
    write: () => Promise<unknown>,
  ): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const now = await present(target, tenantId);
      if (expected !== null && now.version !== expected) throw new TargetMoved(target, expected, now.version);
      try {
        await write();
        return;
      } catch (error) {
        if (statusOf(error) !== 409) throw error;
        if (attempt === 4) throw new DriverAway(`${target} is changed all the time by others.`, error);
      }
    }
  }

  return {
    name: 'kubernetes',
    simulated: false,
    targets: async tenantId => {
      if (namespaceOf(config.namespacePrefix, tenantId) === null) return [];
      const { apps } = await cluster();
      const { items } = await call('list deployments', () =>
        apps.listNamespacedDeployment({ namespace: own(tenantId), limit: 500 }),
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
      const to = { name: step.target, namespace: own(tenantId), dryRun: true };
      await guarded(step.target, tenantId, before.version, async () =>
        writeStep(await cluster(), step, to, 'dry-run', clock.now()),
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
    apply: async (step, before, order) => {
      const { tenantId, idempotencyKey: key, signal } = order;
      await access(step, tenantId);
      const now = await present(step.target, tenantId);
      const done = isDone(step, now, key);
      const to = { name: step.target, namespace: own(tenantId), dryRun: false, signal };
      if (!done)
        await guarded(step.target, tenantId, order.expected, async () =>
          writeStep(await cluster(), step, to, key, clock.now()),
        );
      if (step.action === 'drain') {
        const { graceSeconds } = step.params;
        await drainNode(await cluster(), step.target, { graceSeconds, pauseMs, signal });
      }
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
    rollback: async (step, before, { tenantId, signal }) => {
      const now = await present(step.target, tenantId);
      const { replicas, schedulable } = before.state;
      const to = { name: step.target, namespace: own(tenantId), dryRun: false, signal };
      let said = 'nothing had to be changed';
      if (step.action === 'scale' && typeof replicas === 'number' && now.state.replicas !== replicas) {
        await guarded(step.target, tenantId, null, async () => setReplicas(await cluster(), to, replicas));
        said = `${step.target} is told to run ${replicas} replicas again`;
      }
      if (now.kind === 'node' && schedulable === true && now.state.schedulable !== true) {
        await guarded(step.target, tenantId, null, async () => setSchedulable(await cluster(), to, true));
        said = `${step.target} takes pods again`;
      }
      const { version } = await present(step.target, tenantId);
      return { version, repeated: said.startsWith('nothing'), said };
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
