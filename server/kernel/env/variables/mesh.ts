import { z } from 'zod';
import { type Variable, variable } from '../define.ts';

/** Federation and policy mesh. */
export const meshVariables = {
  GLOBAL_REGISTRY_URL: variable({
    schema: z.url().optional(),
    purpose: 'Region registry of the federation.',
    without: 'This console is the registry.',
    phases: ['G.1', 'G.5', 'H.4', 'I.1'],
    critical: ['G.1', 'I.1'],
    probe: 'registry_health',
  }),
  PRIMARY_REGION: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Name of the primary region.',
    without: 'The first registered region.',
    phases: ['G.1', 'G.5', 'H.4', 'I.1'],
    probe: 'set',
  }),
  SECONDARY_REGIONS: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Comma-separated names of secondary regions.',
    without: 'All other regions.',
    phases: ['G.1', 'G.5', 'H.4', 'I.1'],
    probe: 'set',
  }),
  FEDERATION_TOKEN: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Token with which members join the federation.',
    without: 'Generated at first start, shown once.',
    phases: ['G.1', 'G.5'],
    probe: 'set',
    secret: true,
  }),
  EDGE_MESH_TOKEN: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Token with which relays join the mesh.',
    without: 'Generated at first start, shown once.',
    phases: ['G.1', 'G.5'],
    probe: 'set',
    secret: true,
  }),
  EDGE_NODE_ID: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Id of the relay on this machine.',
    without: 'Generated at first start.',
    phases: ['G.1', 'G.5'],
    probe: 'set',
  }),
  POLICY_HUB_URL: variable({
    schema: z.url().optional(),
    purpose: 'Policy hub that relays follow.',
    without: 'This console is the hub.',
    phases: ['G.1', 'G.5'],
    critical: ['G.5'],
    probe: 'http',
  }),
} as const satisfies Record<string, Variable>;
