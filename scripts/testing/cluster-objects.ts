export type Thing = Record<string, unknown> & {
  metadata: {
    name: string;
    namespace?: string;
    resourceVersion: string;
    generation?: number;
    labels?: Record<string, string>;
    [more: string]: unknown;
  };
  spec: Record<string, unknown>;
  status?: Record<string, unknown>;
};

export const newDeployment = (
  namespace: string,
  name: string,
  replicas: number,
  resourceVersion: string,
): Thing => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name,
    namespace,
    uid: `uid-${name}`,
    resourceVersion,
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: `${name}:1` }] },
    },
  },
});

export const newNode = (name: string, resourceVersion: string): Thing => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, resourceVersion, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {},
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});

export const newPod = (
  namespace: string,
  name: string,
  node: string,
  owner: string,
  resourceVersion: string,
): Thing => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace,
    resourceVersion,
    ownerReferences: [{ apiVersion: 'apps/v1', kind: owner, name: 'o', uid: 'u' }],
  },
  spec: { nodeName: node, containers: [{ name: 'main' }] },
  status: { phase: 'Running' },
});

/** RFC 7386. */
export function merged(into: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base: Record<string, unknown> =
    typeof into === 'object' && into !== null && !Array.isArray(into) ? { ...into } : {};
  for (const [key, value] of Object.entries(patch))
    if (value === null) delete base[key];
    else base[key] = merged(base[key], value);
  return base;
}

export const scaleOf = (thing: Thing) => ({
  kind: 'Scale',
  apiVersion: 'autoscaling/v1',
  metadata: {
    name: thing.metadata.name,
    namespace: thing.metadata.namespace,
    resourceVersion: thing.metadata.resourceVersion,
  },
  spec: { replicas: thing.spec.replicas },
  status: { replicas: thing.status?.replicas ?? 0 },
});

export const kubeconfigOf = (server: string, token: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'peer', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'peer', user: { token } }],
    contexts: [{ name: 'peer', context: { cluster: 'peer', user: 'peer' } }],
    'current-context': 'peer',
  });

/** What a deployment says once all of its pods run. */
export function allReady(thing: Thing): NonNullable<Thing['status']> {
  const replicas = Number(thing.spec.replicas ?? 1);
  return {
    observedGeneration: thing.metadata.generation,
    replicas,
    readyReplicas: replicas,
    updatedReplicas: replicas,
    availableReplicas: replicas,
  };
}
