import { DriverRefused, type TargetState } from '../gateway.ts';
import { namespaceOf } from '../rules/ownership.ts';
import { type Cluster, type ClusterConfig, found } from './kubernetes-client.ts';
import { ofDeployment, ofNode } from './kubernetes-state.ts';

export function namespaceIn({ namespacePrefix }: ClusterConfig, tenantId: string): string {
  const name = namespaceOf(namespacePrefix, tenantId);
  if (name === null)
    throw new DriverRefused(
      `No namespace can be named for ${tenantId}: it would be too long, or it needs K8S_NAMESPACE_PREFIX.`,
    );
  return name;
}

export function clusterReader(cluster: () => Promise<Cluster>, config: ClusterConfig) {
  const deployment = async (name: string, tenantId: string) =>
    found(`read deployment ${name}`, async () =>
      (await cluster()).apps.readNamespacedDeployment({ name, namespace: namespaceIn(config, tenantId) }),
    );
  const node = async (name: string) =>
    found(`read node ${name}`, async () => (await cluster()).core.readNode({ name }));

  async function read(target: string, tenantId: string): Promise<TargetState | null> {
    if (target.includes('/') || namespaceOf(config.namespacePrefix, tenantId) === null) return null;
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
  return { read, present };
}
