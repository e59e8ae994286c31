import { z } from 'zod';
import { type Variable, variable } from '../define.ts';

/** What the drivers of actions reach: clusters and clouds. */
export const driverVariables = {
  K8S_NAMESPACE_PREFIX: variable({
    schema: z
      .string()
      .regex(/^[a-z0-9-]{0,30}$/)
      .default('tenant-'),
    purpose:
      'What stands before a tenant’s id in the name of its namespace, for actions on a cluster. An id with an underscore stands behind one more hyphen, _ as -u and - as -h: a_b has tenant--a-ub.',
    without: 'tenant-.',
    phases: ['H.4'],
  }),
  AWS_REGION: variable({
    schema: z
      .string()
      .regex(/^[a-z0-9-]{1,30}$/)
      .optional(),
    purpose: 'Region of the Auto Scaling groups and ECS services that actions scale and restart.',
    without: 'No AWS.',
    phases: ['H.4'],
    probe: 'set',
  }),
  AWS_ACCESS_KEY_ID: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Access key for actions on AWS.',
    without: 'No AWS.',
    phases: ['H.4'],
    probe: 'set',
    secret: true,
  }),
  AWS_SECRET_ACCESS_KEY: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Secret of the access key.',
    without: 'No AWS.',
    phases: ['H.4'],
    probe: 'set',
    secret: true,
  }),
  AWS_SESSION_TOKEN: variable({
    schema: z.string().min(1).optional(),
    purpose: 'Token of a temporary access key.',
    without: 'The key is a lasting one.',
    phases: ['H.4'],
    probe: 'set',
    secret: true,
  }),
  AWS_ENDPOINT_URL: variable({
    schema: z.url().optional(),
    purpose: 'Address that takes the place of the public AWS endpoints.',
    without: 'The public endpoints of the region.',
    phases: ['H.4'],
  }),
  AWS_ECS_CLUSTER: variable({
    schema: z.string().min(1).max(255).optional(),
    purpose: 'ECS cluster whose services actions work on.',
    without: 'Auto Scaling groups only.',
    phases: ['H.4'],
  }),
  GCLOUD_PROJECT: variable({
    schema: z
      .string()
      .regex(/^[a-z][a-z0-9-]{4,29}$/)
      .optional(),
    purpose: 'Google Cloud project of the managed instance groups that actions resize and recreate.',
    without: 'No Google Cloud.',
    phases: ['H.4'],
    probe: 'set',
  }),
  GCLOUD_ZONE: variable({
    schema: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/)
      .optional(),
    purpose: 'Zone of those managed instance groups.',
    without: 'No Google Cloud.',
    phases: ['H.4'],
    probe: 'set',
  }),
  GOOGLE_APPLICATION_CREDENTIALS: variable({
    schema: z.string().min(1).optional(),
    purpose: 'File with the key of a service account.',
    without: 'No Google Cloud.',
    phases: ['H.4'],
    probe: 'set',
  }),
  GCLOUD_ENDPOINT_URL: variable({
    schema: z.url().optional(),
    purpose: 'Address that takes the place of the public Compute Engine API.',
    without: 'The public API.',
    phases: ['H.4'],
  }),
} as const satisfies Record<string, Variable>;
