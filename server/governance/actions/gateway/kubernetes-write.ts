import type { PlanStep } from '#kernel/actions/plan.ts';
import { type Cluster, call } from './kubernetes-client.ts';
import { orderMark, restartedAt } from './kubernetes-state.ts';

export interface Write {
  /** The deployment or node. */
  name: string;
  namespace: string;
  dryRun: boolean;
  signal?: AbortSignal | undefined;
}

const by = ({ dryRun }: Write) => ({
  fieldManager: 'atom-console',
  ...(dryRun ? { dryRun: 'All' } : {}),
});

export async function setReplicas({ apps }: Cluster, to: Write, replicas: number): Promise<void> {
  const at = { name: to.name, namespace: to.namespace };
  const scale = await call('read scale', () => apps.readNamespacedDeploymentScale(at), to.signal);
  await call(
    `scale ${to.name}`,
    () =>
      apps.replaceNamespacedDeploymentScale({
        ...at,
        // The resourceVersion that was read goes along: a change in between is a conflict.
        body: { ...scale, spec: { replicas } },
        ...by(to),
      }),
    to.signal,
  );
}

async function annotate({ apps, merge }: Cluster, to: Write, order: string, now: Date): Promise<void> {
  const at = { name: to.name, namespace: to.namespace };
  const found = await call('read deployment', () => apps.readNamespacedDeployment(at), to.signal);
  const body = {
    metadata: { resourceVersion: found.metadata?.resourceVersion },
    spec: {
      template: { metadata: { annotations: { [restartedAt]: now.toISOString(), [orderMark]: order } } },
    },
  };
  await call(
    `restart ${to.name}`,
    () => apps.patchNamespacedDeployment({ ...at, body, ...by(to) }, merge),
    to.signal,
  );
}

export async function setSchedulable({ core, merge }: Cluster, to: Write, schedulable: boolean) {
  const now = await call('read node', () => core.readNode({ name: to.name }), to.signal);
  const body = {
    metadata: { resourceVersion: now.metadata?.resourceVersion },
    spec: { unschedulable: schedulable ? null : true },
  };
  await call(
    `${schedulable ? 'uncordon' : 'cordon'} ${to.name}`,
    () => core.patchNode({ name: to.name, body, ...by(to) }, merge),
    to.signal,
  );
}

export const writeStep = (
  cluster: Cluster,
  step: PlanStep,
  to: Write,
  order: string,
  now: Date,
): Promise<void> =>
  step.action === 'scale'
    ? setReplicas(cluster, to, step.params.replicas)
    : step.action === 'restart'
      ? annotate(cluster, to, order, now)
      : setSchedulable(cluster, to, false);
