import type { PlanStep } from '#kernel/actions/plan.ts';
import type { WorldCommand } from './schema.ts';
import type { World } from './world.ts';

export type StepEffect = { commands: WorldCommand[] } | { refused: string } | { without: string };

/** `eu-west/service-x` and `service-x` are the same target. */
export const targetOf = (step: PlanStep): string => step.target.split('/').at(-1) ?? step.target;

/** What a step of a plan does to the world; one meaning for the sandbox that tries it and the driver that does it. */
export function effectOf(world: World, tenantId: string, step: PlanStep, t: number): StepEffect {
  const target = targetOf(step);
  const own = (): { service: string } | { refused: string } => {
    const service = world.service(target);
    if (!service) return { refused: `The simulated world has no service "${target}".` };
    return service.tenantId === tenantId
      ? { service: target }
      : { refused: `"${target}" belongs to another tenant.` };
  };
  const onService = (command: (service: string) => WorldCommand): StepEffect => {
    const found = own();
    return 'refused' in found ? found : { commands: [command(found.service)] };
  };
  const onNode = (kind: 'node.cordon' | 'node.drain'): StepEffect =>
    world.nodes.some(n => n.id === target)
      ? { commands: [{ kind, node: target }] }
      : { refused: `The simulated world has no node "${target}".` };

  switch (step.action) {
    case 'scale':
      return onService(service => ({ kind: 'service.scale', service, replicas: step.params.replicas }));
    case 'restart':
      return onService(service => ({ kind: 'service.restart', service }));
    case 'rollback': {
      const { toVersion } = step.params;
      return onService(service => ({
        kind: 'service.rollback',
        service,
        ...(toVersion === undefined ? {} : { toVersion }),
      }));
    }
    case 'failover': {
      const region = step.params.toRegion;
      if (!world.regions.some(r => r.name === region))
        return { refused: `The simulated world has no region "${region}".` };
      if (!world.regions.some(r => r.name === target))
        return onService(service => ({ kind: 'service.move', service, region }));
      // Of a region: everything the tenant runs there.
      const moved = world.services.filter(
        s => s.tenantId === tenantId && world.serviceAt(s.id, t).region === target,
      );
      return moved.length > 0
        ? { commands: moved.map(s => ({ kind: 'service.move', service: s.id, region })) }
        : { without: `The tenant runs nothing in ${target}.` };
    }
    case 'rotate-keys':
      return world.regions.some(r => r.name === target)
        ? { commands: [{ kind: 'keys.rotate', target }] }
        : { without: `"${target}" is no region, and only regions have vaults in the simulated world.` };
    case 'cordon':
      return onNode('node.cordon');
    case 'drain':
      return onNode('node.drain');
    case 'policy-rollback':
      return { without: 'Policies are real; the simulated world has none of its own.' };
    case 'dryrun':
      return { without: 'A dry run changes nothing.' };
  }
}
