import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { env } from '#kernel/env/env.ts';
import type { ActionDriver } from '../gateway.ts';
import type { AwsConfig } from './aws-client.ts';
import { containerServices, type Fleet, groups } from './aws-groups.ts';
import { type CloudFleet, cloudDriver } from './fleet.ts';

interface From {
  database: Database;
  clock: Clock;
}

/** Null where no key is set. Auto Scaling groups are `asg/NAME`, services of the ECS cluster `ecs/NAME`. */
export function awsDriver(from: From): ActionDriver | null {
  const { vars } = env();
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = vars;
  if (region === undefined || accessKeyId === undefined || secretAccessKey === undefined) return null;
  return awsFleetDriver(from, {
    region,
    accessKeyId,
    secretAccessKey,
    sessionToken: vars.AWS_SESSION_TOKEN,
    cluster: vars.AWS_ECS_CLUSTER,
    endpoint: vars.AWS_ENDPOINT_URL,
    now: () => from.clock.now(),
  });
}

export const awsFleetDriver = (from: From, config: AwsConfig): ActionDriver =>
  cloudDriver('aws', from, fleetOf(config));

function fleetOf(config: AwsConfig): CloudFleet {
  const kinds: Record<string, Fleet> = {
    asg: groups(config),
    ...(config.cluster ? { ecs: containerServices(config, config.cluster) } : {}),
  };
  const placed = (target: string): { fleet: Fleet; name: string } | null => {
    const [kind = '', ...rest] = target.split('/');
    const fleet = kinds[kind];
    return fleet && rest.length === 1 && rest[0] ? { fleet, name: rest[0] } : null;
  };
  const at = (target: string) => {
    const found = placed(target);
    if (!found) throw new Error(`${target} is no target of AWS.`);
    return found;
  };
  return {
    generation: 'generation',
    list: async tenantId =>
      (await Promise.all(Object.values(kinds).map(kind => kind.list(tenantId)))).flat().map(withGeneration),
    read: async (target, tenantId) => {
      const found = placed(target);
      const state = found ? await found.fleet.read(found.name, tenantId) : null;
      return state && withGeneration(state);
    },
    setSize: async (target, size) => at(target).fleet.setSize(at(target).name, size),
    restart: async target => at(target).fleet.restart(at(target).name),
  };
}

/** What is another one after a restart: the deployment of a service, the instances of a group. */
const withGeneration = <S extends { state: { [name: string]: unknown } }>(target: S): S => ({
  ...target,
  state: { ...target.state, generation: target.state.deployment ?? target.state.instances ?? null },
});
