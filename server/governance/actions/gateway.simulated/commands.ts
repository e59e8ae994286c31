import type { PlanStep } from '#kernel/actions/plan.ts';
import type { WorldCommand } from '#server/world/schema.ts';
import type { Snapshot, TargetState } from '../gateway.ts';

/** What a step asks of the world; null where it changes nothing. */
export function commandOf(step: PlanStep): WorldCommand | null {
  const { target } = step;
  switch (step.action) {
    case 'scale':
      return { kind: 'service.scale', service: target, replicas: step.params.replicas };
    case 'restart':
      return { kind: 'service.restart', service: target };
    case 'rollback': {
      const { toVersion } = step.params;
      return { kind: 'service.rollback', service: target, ...(toVersion ? { toVersion } : {}) };
    }
    case 'failover':
      return { kind: 'service.move', service: target, region: step.params.toRegion };
    case 'cordon':
      return { kind: 'node.cordon', node: target };
    case 'drain':
      return { kind: 'node.drain', node: target };
    case 'rotate-keys':
      return { kind: 'keys.rotate', target };
    default:
      return null;
  }
}

/** What brings the old state back; null where it is there already. */
export function commandBack(
  step: PlanStep,
  { state: before }: Snapshot,
  { state: now }: TargetState,
): WorldCommand | null {
  const service = step.target;
  if (step.action === 'scale' && before.replicas !== now.replicas)
    return { kind: 'service.scale', service, replicas: Number(before.replicas) };
  if (step.action === 'rollback' && before.release !== now.release)
    return { kind: 'service.deploy', service, version: String(before.release) };
  if (step.action === 'failover' && before.region !== now.region)
    return { kind: 'service.move', service, region: String(before.region) };
  const closed =
    (step.action === 'cordon' || step.action === 'drain') && before.schedulable && !now.schedulable;
  return closed ? { kind: 'node.uncordon', node: service } : null;
}

export function inWords(command: WorldCommand): string {
  switch (command.kind) {
    case 'service.scale':
      return `${command.service} runs ${command.replicas} replicas`;
    case 'service.restart':
      return `${command.service} was restarted`;
    case 'service.rollback':
      return `${command.service} was set back to ${command.toVersion ?? 'the release before'}`;
    case 'service.deploy':
      return `${command.service} runs ${command.version}`;
    case 'service.move':
      return `${command.service} runs in ${command.region}`;
    case 'node.cordon':
    case 'node.uncordon':
    case 'node.drain':
      return `${command.node}: ${command.kind.slice(5)}`;
    case 'keys.rotate':
      return `the keys of ${command.target} were rotated`;
    default:
      return command.kind;
  }
}
