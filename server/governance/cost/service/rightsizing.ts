import type { ReadContext } from '#kernel/trpc/context.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { costSource } from '../gateway.ts';
import { dayMs, daysBefore, today } from '../rules/days.ts';
import { type Rightsizing, rightsize } from '../rules/rightsizing.ts';
import type { RightsizingView } from '../schema.ts';
import { selectCompute } from '../store/rows.ts';

const replayDays = 7;
const stepMs = 10 * 60_000;

/** For each service that was billed for replicas: how large it would have to be, from replaying the last week. */
export async function readRightsizing(ctx: ReadContext, tenantId: string): Promise<RightsizingView> {
  const tenant = await readTenant(ctx, tenantId);
  const now = Math.floor(ctx.clock.now().getTime() / stepMs) * stepMs;
  const source = costSource(ctx.db, ctx.clock.now());
  const until = today(ctx.clock.now());
  const billed = await selectCompute(ctx.db, tenant.id, daysBefore(until, replayDays), until);
  const services = await Promise.all(
    billed.map(async ({ service, perDay }) => {
      const from = now - replayDays * dayMs;
      const history = await source.usage({ tenantId: tenant.id, service, from, to: now, stepMs });
      return { service, perDay, ...shown(rightsize(history, now), perDay) };
    }),
  );
  return { source: source.name, simulated: source.simulated, services };
}

type Shown = Omit<RightsizingView['services'][number], 'service' | 'perDay'>;

function shown(found: Rightsizing, perDay: number): Shown {
  const { verdict, days, coverage } = found;
  if (found.verdict === 'refused')
    return {
      verdict,
      days,
      coverage,
      reason: found.reason,
      low: null,
      high: null,
      now: null,
      startupPeak: null,
      outOfMemoryEvents: 0,
      saving: null,
    };
  const { low, high, startupPeak, outOfMemoryEvents } = found;
  // Machines are sold with both: the scarcer of the two decides what has to be paid.
  const part = (size: typeof low) => Math.max(size.cpu, size.memory);
  return {
    verdict,
    days,
    coverage,
    reason: null,
    low,
    high,
    now: found.now,
    startupPeak,
    outOfMemoryEvents,
    saving: { low: perDay * (1 - part(high)), high: perDay * (1 - part(low)) },
  };
}
