import type { World } from '#server/world/world.ts';
import type { TargetState } from '../gateway.ts';

/** A target as the simulated world has it at an instant; null where there is none of that name. */
export function stateOf(w: World, target: string, t: number): TargetState | null {
  const service = w.service(target);
  const of = { target, simulated: true };
  if (service) {
    const now = w.serviceAt(target, t);
    const { replicas, version: release, region, restartedAt } = now;
    const restarted = restartedAt === null ? null : new Date(restartedAt).toISOString();
    const version = `${now.revision}.${release}`;
    return {
      ...of,
      kind: 'service',
      tenantId: service.tenantId,
      region,
      version,
      state: { replicas, release, region, restarted },
    };
  }
  const node = w.nodes.find(n => n.id === target);
  const placed = node ? w.nodesAt(t).get(target) : undefined;
  if (node && placed) {
    const { schedulable, drained, services } = placed;
    return {
      ...of,
      kind: 'node',
      tenantId: null,
      region: node.region,
      version: `${schedulable ? 's' : 'c'}${drained ? 'd' : 'f'}`,
      state: { schedulable, drained, services: services.length },
    };
  }
  if (!w.regions.some(r => r.name === target)) return null;
  const { vaultVersion } = w.regionAt(target, t);
  return {
    ...of,
    kind: 'region',
    tenantId: null,
    region: target,
    version: `v${vaultVersion}`,
    state: { keyVersion: vaultVersion },
  };
}
