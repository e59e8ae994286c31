import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';

type Thing = Record<string, unknown> & {
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

/**
 * A peer of the Kubernetes API, written from its documentation and not from the driver: optimistic locking by
 * resourceVersion, generations, merge patches, dry runs, evictions under a disruption budget, access reviews, discovery.
 * Not verified against a real API server by itself; `kubectl` reads it in the peer suite.
 */
export interface ClusterPeer {
  url: string;
  kubeconfig: string;
  token: string;
  /** Verb and resource, e.g. `update deployments/scale`, that access reviews refuse. */
  forbidden: Set<string>;
  calls: { method: string; url: string; body: unknown }[];
  /** Pods that may not be evicted yet. */
  protected: Set<string>;
  /** Pods do not become ready by themselves. */
  stalled: boolean;
  /** Runs before the next write to a deployment, once: what somebody else does in between. */
  meanwhile: (() => void) | null;
  deployment(namespace: string, name: string): Thing;
  node(name: string): Thing;
  pods(): string[];
  addDeployment(namespace: string, name: string, replicas: number): void;
  addNode(name: string): void;
  addPod(namespace: string, name: string, node: string, owner?: string): void;
  /** Somebody else changes a deployment. */
  touch(namespace: string, name: string, replicas: number): void;
  close(): Promise<void>;
}

const groups = {
  v1: [
    { name: 'nodes', singularName: 'node', namespaced: false, kind: 'Node', verbs: ['get', 'list', 'patch'] },
    { name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['get', 'list'] },
    { name: 'pods/eviction', singularName: '', namespaced: true, kind: 'Eviction', verbs: ['create'] },
  ],
  'apps/v1': [
    {
      name: 'deployments',
      singularName: 'deployment',
      namespaced: true,
      kind: 'Deployment',
      verbs: ['get', 'list', 'patch', 'update'],
    },
    {
      name: 'deployments/scale',
      singularName: '',
      namespaced: true,
      kind: 'Scale',
      verbs: ['get', 'update'],
    },
  ],
};

/** RFC 7386. */
function merged(into: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base: Record<string, unknown> =
    typeof into === 'object' && into !== null && !Array.isArray(into) ? { ...into } : {};
  for (const [key, value] of Object.entries(patch))
    if (value === null) delete base[key];
    else base[key] = merged(base[key], value);
  return base;
}

export async function clusterPeer(tls?: { key: string; cert: string }): Promise<ClusterPeer> {
  const token = 'peer-token-0123456789';
  const deployments = new Map<string, Thing>();
  const nodes = new Map<string, Thing>();
  const pods = new Map<string, Thing>();
  let version = 100;
  const next = () => String(++version);
  const app: FastifyInstance = tls
    ? (Fastify({ logger: false, https: tls }) as unknown as FastifyInstance)
    : Fastify({ logger: false });
  for (const type of ['application/merge-patch+json', 'application/strategic-merge-patch+json'])
    app.addContentTypeParser(type, { parseAs: 'string' }, (_request, body, done) =>
      done(null, JSON.parse(String(body))),
    );

  const status = (reply: FastifyReply, code: number, reason: string, message: string) =>
    reply.code(code).send({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code });
  const ready = (thing: Thing) => {
    if (peer.stalled) return;
    const replicas = Number(thing.spec.replicas ?? 1);
    thing.status = {
      observedGeneration: thing.metadata.generation,
      replicas,
      readyReplicas: replicas,
      updatedReplicas: replicas,
      availableReplicas: replicas,
    };
  };
  const changeSpec = (thing: Thing, spec: Record<string, unknown>) => {
    if (JSON.stringify(spec) !== JSON.stringify(thing.spec))
      thing.metadata.generation = (thing.metadata.generation ?? 1) + 1;
    thing.spec = spec;
    thing.metadata.resourceVersion = next();
    ready(thing);
  };
  const interrupt = () => {
    const run = peer.meanwhile;
    peer.meanwhile = null;
    run?.();
  };
  const isDry = (query: unknown) => (query as { dryRun?: string }).dryRun === 'All';

  const peer: ClusterPeer = {
    url: '',
    kubeconfig: '',
    token,
    forbidden: new Set(),
    calls: [],
    protected: new Set(),
    stalled: false,
    meanwhile: null,
    deployment: (namespace, name) => deployments.get(`${namespace}/${name}`) as Thing,
    node: name => nodes.get(name) as Thing,
    pods: () => [...pods.keys()].sort(),
    addDeployment: (namespace, name, replicas) => {
      const thing: Thing = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: {
          name,
          namespace,
          uid: `uid-${name}`,
          resourceVersion: next(),
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
      };
      ready(thing);
      deployments.set(`${namespace}/${name}`, thing);
    },
    addNode: name => {
      nodes.set(name, {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, resourceVersion: next(), creationTimestamp: '2026-01-01T00:00:00Z' },
        spec: {},
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
      });
    },
    addPod: (namespace, name, node, owner = 'ReplicaSet') => {
      pods.set(`${namespace}/${name}`, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name,
          namespace,
          resourceVersion: next(),
          ownerReferences: [{ apiVersion: 'apps/v1', kind: owner, name: 'o', uid: 'u' }],
        },
        spec: { nodeName: node, containers: [{ name: 'main' }] },
        status: { phase: 'Running' },
      });
    },
    touch: (namespace, name, replicas) => {
      const thing = peer.deployment(namespace, name);
      changeSpec(thing, { ...thing.spec, replicas });
    },
    close: async () => {
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };

  app.addHook('onRequest', async (request, reply) => {
    if (request.headers.authorization !== `Bearer ${token}`)
      return status(reply, 401, 'Unauthorized', 'Unauthorized');
  });
  app.addHook('preHandler', async request => {
    peer.calls.push({ method: request.method, url: request.url, body: request.body });
  });

  app.get('/version', async () => ({ major: '1', minor: '35', gitVersion: 'v1.35.0-peer' }));
  app.get('/api', async () => ({ kind: 'APIVersions', versions: ['v1'] }));
  app.get('/apis', async () => ({
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [
      {
        name: 'apps',
        versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
        preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
      },
    ],
  }));
  const resources = (groupVersion: keyof typeof groups) => ({
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: groups[groupVersion],
  });
  app.get('/api/v1', async () => resources('v1'));
  app.get('/apis/apps/v1', async () => resources('apps/v1'));

  type At = { Params: { namespace: string; name: string } };
  const base = '/apis/apps/v1/namespaces/:namespace/deployments';
  app.get<At>(base, async request => ({
    kind: 'DeploymentList',
    apiVersion: 'apps/v1',
    metadata: { resourceVersion: String(version) },
    items: [...deployments.values()].filter(d => d.metadata.namespace === request.params.namespace),
  }));
  const at = (request: { params: At['Params'] }) =>
    deployments.get(`${request.params.namespace}/${request.params.name}`);
  const none = (reply: FastifyReply, kind: string, name: string) =>
    status(reply, 404, 'NotFound', `${kind} "${name}" not found`);
  app.get<At>(
    `${base}/:name`,
    async (request, reply) => at(request) ?? none(reply, 'deployments.apps', request.params.name),
  );
  app.get<At>(`${base}/:name/scale`, async (request, reply) => {
    const thing = at(request);
    return thing ? scaleOf(thing) : none(reply, 'deployments.apps', request.params.name);
  });
  app.put<At>(`${base}/:name/scale`, async (request, reply) => {
    interrupt();
    const thing = at(request);
    if (!thing) return none(reply, 'deployments.apps', request.params.name);
    const wanted = request.body as { metadata?: { resourceVersion?: string }; spec: { replicas: number } };
    const given = wanted.metadata?.resourceVersion;
    if (given !== undefined && given !== thing.metadata.resourceVersion)
      return status(reply, 409, 'Conflict', 'the object has been modified');
    if (!Number.isInteger(wanted.spec.replicas) || wanted.spec.replicas < 0)
      return status(reply, 422, 'Invalid', 'spec.replicas: Invalid value');
    if (!isDry(request.query)) changeSpec(thing, { ...thing.spec, replicas: wanted.spec.replicas });
    return { ...scaleOf(thing), spec: { replicas: wanted.spec.replicas } };
  });
  app.patch<At>(`${base}/:name/scale`, async (request, reply) => {
    const thing = at(request);
    if (!thing) return none(reply, 'deployments.apps', request.params.name);
    const { spec } = merged(scaleOf(thing), request.body) as { spec: { replicas: number } };
    if (!isDry(request.query)) changeSpec(thing, { ...thing.spec, replicas: spec.replicas });
    return { ...scaleOf(thing), spec };
  });
  const patch = (thing: Thing, body: unknown, query: unknown, reply: FastifyReply) => {
    const { metadata } = body as { metadata?: { resourceVersion?: string } };
    if (
      metadata?.resourceVersion !== undefined &&
      metadata.resourceVersion !== thing.metadata.resourceVersion
    )
      return status(reply, 409, 'Conflict', 'the object has been modified');
    const after = merged(thing, body) as Thing;
    if (!isDry(query)) changeSpec(thing, after.spec);
    return isDry(query) ? after : thing;
  };
  app.patch<At>(`${base}/:name`, async (request, reply) => {
    interrupt();
    const thing = at(request);
    return thing
      ? patch(thing, request.body, request.query, reply)
      : none(reply, 'deployments.apps', request.params.name);
  });

  app.get('/api/v1/nodes', async () => ({
    kind: 'NodeList',
    apiVersion: 'v1',
    metadata: {},
    items: [...nodes.values()],
  }));
  app.get<At>(
    '/api/v1/nodes/:name',
    async (request, reply) => nodes.get(request.params.name) ?? none(reply, 'nodes', request.params.name),
  );
  app.patch<At>('/api/v1/nodes/:name', async (request, reply) => {
    const thing = nodes.get(request.params.name);
    return thing
      ? patch(thing, request.body, request.query, reply)
      : none(reply, 'nodes', request.params.name);
  });
  app.get<{ Querystring: { fieldSelector?: string } }>('/api/v1/pods', async request => ({
    kind: 'PodList',
    apiVersion: 'v1',
    metadata: {},
    items: [...pods.values()].filter(
      pod =>
        request.query.fieldSelector === undefined ||
        request.query.fieldSelector === `spec.nodeName=${pod.spec.nodeName}`,
    ),
  }));
  app.post<At>('/api/v1/namespaces/:namespace/pods/:name/eviction', async (request, reply) => {
    const key = `${request.params.namespace}/${request.params.name}`;
    if (!pods.has(key)) return none(reply, 'pods', request.params.name);
    if ((request.body as { apiVersion?: string }).apiVersion !== 'policy/v1')
      return status(reply, 400, 'BadRequest', 'wrong group version');
    if (peer.protected.has(key)) {
      reply.header('retry-after', '1');
      return status(
        reply,
        429,
        'TooManyRequests',
        "Cannot evict pod as it would violate the pod's disruption budget.",
      );
    }
    pods.delete(key);
    return reply.code(201).send({ kind: 'Status', apiVersion: 'v1', status: 'Success' });
  });
  app.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', async (request, reply) => {
    const { spec } = request.body as {
      spec: { resourceAttributes: { verb: string; resource: string; subresource?: string } };
    };
    const { verb, resource, subresource } = spec.resourceAttributes;
    const asked = `${verb} ${resource}${subresource ? `/${subresource}` : ''}`;
    return reply.code(201).send({
      kind: 'SelfSubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      metadata: {},
      spec,
      status: { allowed: !peer.forbidden.has(asked) },
    });
  });

  await app.listen({ host: '127.0.0.1', port: 0 });
  peer.url = `${tls ? 'https' : 'http'}://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const folder = mkdtempSync(join(tmpdir(), 'atom-cluster-'));
  peer.kubeconfig = join(folder, 'config');
  writeFileSync(
    peer.kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'peer', cluster: { server: peer.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'peer', user: { token } }],
      contexts: [{ name: 'peer', context: { cluster: 'peer', user: 'peer' } }],
      'current-context': 'peer',
    }),
    { mode: 0o600 },
  );
  return peer;
}

const scaleOf = (thing: Thing) => ({
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
