import { z } from 'zod';
import type { TargetState } from '../gateway.ts';
import { type AwsConfig, autoscaling, ecs, membersOf, textOf } from './aws-client.ts';

/** Whose it is stands in a tag; what has none belongs to nobody and is never touched. */
export const ownerTag = 'atom-tenant';

/** One way of running copies on AWS. */
export interface Fleet {
  list(tenantId: string): Promise<TargetState[]>;
  read(name: string, tenantId: string): Promise<TargetState | null>;
  setSize(name: string, size: number): Promise<void>;
  restart(name: string): Promise<void>;
}

function groupOf(xml: string, tenantId: string, region: string): TargetState | null {
  const tags = membersOf(xml, 'Tags').map(tag => [textOf(tag, 'Key'), textOf(tag, 'Value')]);
  if (tags.find(([key]) => key === ownerTag)?.[1] !== tenantId) return null;
  const number = (tag: string) => Number(textOf(xml, tag) ?? Number.NaN);
  const healthy = membersOf(xml, 'Instances').filter(
    one => textOf(one, 'LifecycleState') === 'InService' && textOf(one, 'HealthStatus') === 'Healthy',
  );
  const launched = membersOf(xml, 'Instances')
    .map(one => textOf(one, 'InstanceId') ?? '')
    .sort();
  const desired = number('DesiredCapacity');
  return {
    target: `asg/${textOf(xml, 'AutoScalingGroupName') ?? ''}`,
    kind: 'service',
    tenantId,
    region,
    version: `${desired}.${number('MinSize')}.${number('MaxSize')}`,
    state: {
      replicas: desired,
      ready: healthy.length,
      instances: launched,
      least: number('MinSize'),
      most: number('MaxSize'),
    },
    simulated: false,
  };
}

export function groups(config: AwsConfig): Fleet {
  const look = async (input: Record<string, string>, tenantId: string) =>
    membersOf(await autoscaling(config, 'DescribeAutoScalingGroups', input), 'AutoScalingGroups').flatMap(
      xml => groupOf(xml, tenantId, config.region) ?? [],
    );
  return {
    list: tenantId =>
      look(
        {
          'Filters.member.1.Name': `tag:${ownerTag}`,
          'Filters.member.1.Values.member.1': tenantId,
          MaxRecords: '100',
        },
        tenantId,
      ),
    read: async (name, tenantId) =>
      (await look({ 'AutoScalingGroupNames.member.1': name }, tenantId))[0] ?? null,
    setSize: async (name, size) => {
      await autoscaling(config, 'SetDesiredCapacity', {
        AutoScalingGroupName: name,
        DesiredCapacity: String(size),
        HonorCooldown: 'false',
      });
    },
    restart: async name => {
      await autoscaling(config, 'StartInstanceRefresh', {
        AutoScalingGroupName: name,
        Strategy: 'Rolling',
        'Preferences.MinHealthyPercentage': '90',
      });
    },
  };
}

const services = z.object({
  services: z
    .array(
      z.object({
        serviceName: z.string(),
        status: z.string(),
        desiredCount: z.number(),
        runningCount: z.number(),
        taskDefinition: z.string().optional(),
        tags: z.array(z.object({ key: z.string(), value: z.string() })).default([]),
        deployments: z
          .array(z.object({ id: z.string(), status: z.string(), rolloutState: z.string().optional() }))
          .default([]),
      }),
    )
    .default([]),
});
const names = z.object({ serviceArns: z.array(z.string()).default([]) });

export function containerServices(config: AwsConfig, cluster: string): Fleet {
  const look = async (wanted: string[], tenantId: string): Promise<TargetState[]> => {
    if (wanted.length === 0) return [];
    const found = services.parse(
      await ecs(config, 'DescribeServices', { cluster, services: wanted, include: ['TAGS'] }),
    );
    return found.services
      .filter(s => s.status === 'ACTIVE' && s.tags.some(t => t.key === ownerTag && t.value === tenantId))
      .map(s => {
        const primary = s.deployments.find(d => d.status === 'PRIMARY');
        return {
          target: `ecs/${s.serviceName}`,
          kind: 'service' as const,
          tenantId,
          region: config.region,
          version: `${s.desiredCount}.${primary?.id ?? 'none'}`,
          state: {
            replicas: s.desiredCount,
            ready: s.runningCount,
            deployment: primary?.id ?? null,
            settled: s.deployments.length <= 1,
            definition: s.taskDefinition?.split('/').at(-1) ?? null,
          },
          simulated: false,
        };
      });
  };
  return {
    list: async tenantId =>
      look(names.parse(await ecs(config, 'ListServices', { cluster, maxResults: 10 })).serviceArns, tenantId),
    read: async (name, tenantId) => (await look([name], tenantId))[0] ?? null,
    setSize: async (name, size) => {
      await ecs(config, 'UpdateService', { cluster, service: name, desiredCount: size });
    },
    restart: async name => {
      await ecs(config, 'UpdateService', { cluster, service: name, forceNewDeployment: true });
    },
  };
}
