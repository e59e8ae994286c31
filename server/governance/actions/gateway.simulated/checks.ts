import type { PlanStep } from '#kernel/actions/plan.ts';
import type { World } from '#server/world/world.ts';
import type { Check, Facts, Measured, Snapshot, TargetState } from '../gateway.ts';

export function wantedOf(step: PlanStep, { state: before }: Snapshot): Facts {
  switch (step.action) {
    case 'scale':
      return { replicas: step.params.replicas };
    case 'rollback':
      return step.params.toVersion ? { release: step.params.toVersion } : {};
    case 'failover':
      return { region: step.params.toRegion };
    case 'cordon':
      return { schedulable: false };
    case 'drain':
      return { drained: true };
    case 'rotate-keys':
      return { keyVersion: Number(before.keyVersion) + 1 };
    default:
      return {};
  }
}

export const compared = (wanted: Facts, found: TargetState | null): Check[] =>
  Object.entries(wanted).map(([name, value]) => {
    const is = found?.state[name] ?? null;
    return { name, wanted: value, found: is, ok: is === value };
  });

/** What has only just been started again fails for a moment: one replica has nobody to stand in for it. */
const startingMs = 90_000;
export function isStarting(w: World, target: string, t: number): boolean {
  const restartedAt = w.service(target) ? w.serviceAt(target, t).restartedAt : null;
  return restartedAt !== null && t - restartedAt < startingMs;
}

/** The service is measured again after it was changed: what fails more than before the change is no success. */
export function healthOf(w: World, step: PlanStep, since: number, t: number): Check[] {
  if (!w.service(step.target) || step.action === 'dryrun') return [];
  const before = w.metric('error_ratio', step.target, since);
  const after = w.metric('error_ratio', step.target, t);
  if (before === null || after === null) return [];
  const limit = Math.round(Math.max(0.05, before * 1.5) * 1e4) / 1e4;
  return [
    { name: 'error_ratio', wanted: `≤ ${limit}`, found: Math.round(after * 1e4) / 1e4, ok: after <= limit },
  ];
}

export const measured = (checks: Check[]): Measured => ({
  outcome: checks.every(check => check.ok) ? 'ok' : 'wrong',
  checks,
});
