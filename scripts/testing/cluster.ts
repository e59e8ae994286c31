import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { addDiscovery } from './cluster-discovery.ts';
import {
  allReady,
  kubeconfigOf,
  merged,
  newDeployment,
  newNode,
  newPod,
  scaleOf,
  type Thing,
} from './cluster-objects.ts';

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
    thing.status = allReady(thing);
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
      const thing = newDeployment(namespace, name, replicas, next());
      ready(thing);
      deployments.set(`${namespace}/${name}`, thing);
    },
    addNode: name => {
      nodes.set(name, newNode(name, next()));
    },
    addPod: (namespace, name, node, owner = 'ReplicaSet') => {
      pods.set(`${namespace}/${name}`, newPod(namespace, name, node, owner, next()));
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

  addDiscovery(app);

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
  writeFileSync(peer.kubeconfig, kubeconfigOf(peer.url, token), { mode: 0o600 });
  return peer;
}
