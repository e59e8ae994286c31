import { env } from '#kernel/env/env.ts';
import { decideInForce } from '#kernel/policy/in-force.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { telemetryEvent } from '../events.ts';
import { dayMs, dayOf } from '../rules/normalise.ts';
import { expireBefore, selectPartitions } from '../store/retention.ts';
import { forgetDays } from '../store/write.ts';

/** Policies P1: seven days in simulation, thirty in production. A retention policy in force wins. */
export async function keptDays(from: Pick<ReadContext, 'database' | 'clock'>): Promise<number> {
  const decision = await decideInForce(from, 'retention', { dataClass: 'internal' });
  const days = decision?.effect === 'allow' ? decision.obligations.days : undefined;
  if (typeof days === 'number') return Math.min(400, Math.max(1, Math.floor(days)));
  return env().production ? 30 : 7;
}

export const keptMs = async (from: Pick<ReadContext, 'database' | 'clock'>): Promise<number> =>
  (await keptDays(from)) * dayMs;

/** The first day that is kept. */
export const firstKeptDay = async (from: Pick<ReadContext, 'database' | 'clock'>): Promise<string> =>
  dayOf(new Date(from.clock.now().getTime() - (await keptMs(from))));

/** Drops whole days; nothing is said where nothing is over. */
export async function expire(ctx: CommandContext): Promise<string[]> {
  const before = await firstKeptDay(ctx);
  if (!(await selectPartitions(ctx.db)).some(p => p.day < before)) {
    ctx.unchanged();
    return [];
  }
  const kept = await keptDays(ctx);
  const gone = await ctx.commit<string[]>(
    days => telemetryEvent('telemetry.expired', { days, kept, before }),
    tx => expireBefore(tx, before),
  );
  forgetDays(ctx.database);
  return gone;
}
