import type { FastifyInstance } from 'fastify';

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

/** What a client asks first: which versions, groups and resources there are. */
export function addDiscovery(app: FastifyInstance): void {
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
}
