import type { ActionPlan, PlanStep } from '#kernel/actions/plan.ts';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { noSuchTarget, notPossible, regionFailsOverElsewhere } from '../errors.ts';
import { awsDriver } from '../gateway/aws.ts';
import { gcloudDriver } from '../gateway/gcloud.ts';
import { kubernetesDriver } from '../gateway/kubernetes.ts';
import { policyDriver } from '../gateway/policies.ts';
import { postgresDriver } from '../gateway/postgres.ts';
import { simulatedDriver } from '../gateway.simulated.ts';
import type { ActionDriver, TargetState } from '../gateway.ts';

export interface From {
  database: Database;
  clock: Clock;
}

/** Real infrastructure goes before the simulated world of the same names. */
const makers: readonly ((from: From) => ActionDriver | null)[] = [
  kubernetesDriver,
  awsDriver,
  gcloudDriver,
  postgresDriver,
  simulatedDriver,
  policyDriver,
];

export const driversOf = (from: From): ActionDriver[] =>
  makers.flatMap(make => {
    const made = make(from);
    return made ? [made] : [];
  });

export interface Placed {
  step: PlanStep;
  driver: ActionDriver;
  found: TargetState;
}

/** Who carries out each step, and how its target is now. */
export async function placeSteps(drivers: readonly ActionDriver[], plan: ActionPlan): Promise<Placed[]> {
  return Promise.all(
    plan.steps.map(async step => {
      for (const driver of drivers) {
        if (!(await driver.handles(step, plan.tenantId))) continue;
        const found = await driver.read(step.target, plan.tenantId);
        if (found) return { step, driver, found };
      }
      for (const driver of drivers) {
        const there = await driver.read(step.target, plan.tenantId);
        if (there?.kind === 'region' && step.action === 'failover')
          throw regionFailsOverElsewhere(step.target);
        if (there) throw notPossible(step.action, step.target);
      }
      throw noSuchTarget(step.target, await targetNames(drivers, plan.tenantId));
    }),
  );
}

export const targetNames = async (drivers: readonly ActionDriver[], tenantId: string): Promise<string[]> =>
  (await Promise.all(drivers.map(driver => driver.targets(tenantId)))).flat().map(t => t.target);

export function driverNamed(drivers: readonly ActionDriver[], name: string): ActionDriver {
  const found = drivers.find(driver => driver.name === name);
  if (!found) throw new Error(`The driver ${name} is not set up here any more.`);
  return found;
}
