import { env } from '#kernel/env/env.ts';
import { decideInForce } from '#kernel/policy/in-force.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { dayMs } from '../rules/normalise.ts';

/** Policies P1: seven days in simulation, thirty in production. A retention policy in force wins. */
export async function keptDays(from: Pick<ReadContext, 'database' | 'clock'>): Promise<number> {
  const decision = await decideInForce(from, 'retention', { dataClass: 'internal' });
  const days = decision?.effect === 'allow' ? decision.obligations.days : undefined;
  if (typeof days === 'number') return Math.min(400, Math.max(1, Math.floor(days)));
  return env().production ? 30 : 7;
}

export const keptMs = async (from: Pick<ReadContext, 'database' | 'clock'>): Promise<number> =>
  (await keptDays(from)) * dayMs;
