import { setTimeout as pause } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { DriverAway } from '../gateway.ts';
import { type Cluster, call, found, statusOf } from './kubernetes-client.ts';

export interface Drain {
  graceSeconds?: number | undefined;
  /** Between two looks. */
  pauseMs: number;
  signal: AbortSignal;
}

/** Pods of daemon sets come back at once, and mirror pods are not the cluster's to evict. */
const stays = ({ metadata, status }: V1Pod) =>
  metadata?.ownerReferences?.some(owner => owner.kind === 'DaemonSet') ||
  metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined ||
  status?.phase === 'Succeeded' ||
  status?.phase === 'Failed';

/**
 * Evicts what runs on a node, never deletes it: a disruption budget that says 429 is waited for until the order's time is
 * over. Begun again it goes on where it was, since a pod that is gone is not listed.
 */
export async function drainNode({ core }: Cluster, node: string, drain: Drain): Promise<void> {
  let held = 0;
  let left: V1Pod[] = [];
  const timeIsOver = (error: unknown) =>
    new DriverAway(
      held > 0
        ? `${held} pods of ${node} are held by a disruption budget.`
        : `${left.length} pods of ${node} have not ended yet.`,
      error,
    );
  for (;;) {
    const { items } = await call(
      `list the pods of ${node}`,
      () => core.listPodForAllNamespaces({ fieldSelector: `spec.nodeName=${node}`, limit: 500 }),
      drain.signal,
    ).catch(error => {
      // The time may end in the middle of a look; what is told is what was waited for.
      throw drain.signal.aborted && left.length > 0 ? timeIsOver(error) : error;
    });
    left = items.filter(pod => !stays(pod));
    if (left.length === 0) return;
    held = 0;
    for (const { metadata } of left) {
      const { name = '', namespace = '' } = metadata ?? {};
      if (metadata?.deletionTimestamp) continue;
      try {
        await found(`evict ${name}`, () =>
          core.createNamespacedPodEviction({
            name,
            namespace,
            body: {
              apiVersion: 'policy/v1',
              kind: 'Eviction',
              metadata: { name, namespace },
              ...(drain.graceSeconds === undefined
                ? {}
                : { deleteOptions: { gracePeriodSeconds: drain.graceSeconds } }),
            },
          }),
        );
      } catch (error) {
        if (statusOf(error) !== 429) throw error;
        held += 1;
      }
    }
    try {
      await pause(drain.pauseMs, undefined, { signal: drain.signal });
    } catch (error) {
      throw timeIsOver(error);
    }
  }
}
