import { z } from 'zod';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { env } from '#kernel/env/env.ts';
import { type ActionDriver, DriverRefused, type TargetState } from '../gateway.ts';
import { type CloudFleet, cloudDriver } from './fleet.ts';
import { type Compute, compute, type GcloudConfig, requestId } from './gcloud-client.ts';

interface From {
  database: Database;
  clock: Clock;
}

/** Null where no project, zone and key are set. Managed instance groups are `mig/NAME`. */
export function gcloudDriver(from: From): ActionDriver | null {
  const { GCLOUD_PROJECT, GCLOUD_ZONE, GOOGLE_APPLICATION_CREDENTIALS, GCLOUD_ENDPOINT_URL } = env().vars;
  if (
    GCLOUD_PROJECT === undefined ||
    GCLOUD_ZONE === undefined ||
    GOOGLE_APPLICATION_CREDENTIALS === undefined
  )
    return null;
  return gcloudFleetDriver(from, {
    project: GCLOUD_PROJECT,
    zone: GCLOUD_ZONE,
    keyFile: GOOGLE_APPLICATION_CREDENTIALS,
    endpoint: GCLOUD_ENDPOINT_URL,
    now: () => from.clock.now(),
  });
}

export const gcloudFleetDriver = (from: From, config: GcloudConfig): ActionDriver =>
  cloudDriver('gcloud', from, fleetOf(compute(config), config.zone));

/** Whose it is stands in a label of all its instances; what has none is never touched. */
const ownerLabel = 'atom-tenant';

const group = z.object({
  name: z.string(),
  targetSize: z.number(),
  status: z.object({ isStable: z.boolean() }).optional(),
  allInstancesConfig: z
    .object({ properties: z.object({ labels: z.record(z.string(), z.string()).default({}) }).optional() })
    .optional(),
});
const instances = z.object({
  managedInstances: z
    .array(
      z.object({
        id: z.string().optional(),
        instance: z.string(),
        instanceStatus: z.string().optional(),
        currentAction: z.string().optional(),
      }),
    )
    .default([]),
});

function fleetOf(call: Compute, zone: string): CloudFleet {
  const nameOf = (target: string) => /^mig\/([a-z]([-a-z0-9]{0,61}[a-z0-9])?)$/.exec(target)?.[1] ?? null;
  const named = (target: string): string => {
    const name = nameOf(target);
    if (!name) throw new DriverRefused(`${target} is no managed instance group.`);
    return name;
  };
  const instancesOf = async (name: string) =>
    instances.parse((await call('POST', `instanceGroupManagers/${name}/listManagedInstances`)) ?? {})
      .managedInstances;

  async function stateOf(found: z.output<typeof group>, tenantId: string): Promise<TargetState | null> {
    if (found.allInstancesConfig?.properties?.labels[ownerLabel] !== tenantId) return null;
    const own = await instancesOf(found.name);
    const calm = own.filter(
      one => one.instanceStatus === 'RUNNING' && (one.currentAction ?? 'NONE') === 'NONE',
    );
    return {
      target: `mig/${found.name}`,
      kind: 'service',
      tenantId,
      region: zone.replace(/-[a-z]$/, ''),
      version: `${found.targetSize}`,
      state: {
        replicas: found.targetSize,
        ready: calm.length,
        settled: found.status?.isStable ?? calm.length === found.targetSize,
        generation: own.map(one => one.id ?? one.instance).sort(),
      },
      simulated: false,
    };
  }

  return {
    generation: 'generation',
    list: async tenantId => {
      const found = z
        .object({ items: z.array(group).default([]) })
        .parse((await call('GET', 'instanceGroupManagers?maxResults=100')) ?? {});
      return (await Promise.all(found.items.map(item => stateOf(item, tenantId)))).filter(
        state => state !== null,
      );
    },
    read: async (target, tenantId) => {
      const name = nameOf(target);
      const found = name === null ? null : await call('GET', `instanceGroupManagers/${name}`);
      return found === null ? null : stateOf(group.parse(found), tenantId);
    },
    setSize: async (target, size, id) => {
      await call(
        'POST',
        `instanceGroupManagers/${named(target)}/resize?size=${size}&requestId=${requestId(id)}`,
      );
    },
    restart: async (target, id) => {
      const name = named(target);
      const own = (await instancesOf(name)).map(one => one.instance);
      await call('POST', `instanceGroupManagers/${name}/recreateInstances?requestId=${requestId(id)}`, {
        instances: own,
      });
    },
  };
}
