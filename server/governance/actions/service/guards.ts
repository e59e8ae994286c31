import { invalid } from '#kernel/errors/domain-error.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { notificationJob } from '#server/platform/notifications/request.ts';
import { noSuchFreeze, staleGuard } from '../errors.ts';
import { guardEvent } from '../events.ts';
import { asGuardRow } from '../rules/guards.ts';
import { everybody, type FreezeRow, type GuardRow, type Limits } from '../schema.ts';
import { endFreezeRow, findFreeze, insertFreeze, saveGuard, selectGuards } from '../store/guards.ts';

const scoped = (tenantId: string) => (tenantId === everybody ? {} : { tenantId });
const called = (tenantId: string) => (tenantId === everybody ? 'the installation' : tenantId);

async function known(ctx: CommandContext, tenantId: string): Promise<void> {
  if (tenantId !== everybody) await readTenant(ctx, tenantId);
}

const guardNow = async (ctx: CommandContext, tenantId: string): Promise<GuardRow> =>
  asGuardRow(
    tenantId,
    (await selectGuards(ctx.ownWrites())).find(row => row.tenantId === tenantId),
  );

/** From its commit on no step begins; executions under way turn back at the step they are at. */
export async function setKilled(
  ctx: CommandContext,
  { tenant_id: tenantId, reason }: { tenant_id: string; reason: string },
  killed: boolean,
): Promise<GuardRow> {
  await known(ctx, tenantId);
  const now = ctx.clock.now();
  await ctx.commit(
    guardEvent(
      killed ? 'guard.killed' : 'guard.released',
      { id: tenantId === everybody ? 'installation' : tenantId, tenantId },
      { reason },
      [
        notificationJob({
          groupKey: `guard:${tenantId}`,
          kind: 'security',
          severity: killed ? 'critical' : 'info',
          title: `Kill switch of ${called(tenantId)} ${killed ? 'engaged' : 'released'}`,
          lines: [
            { label: 'By', value: ctx.principal.name },
            { label: 'Reason', value: reason },
          ],
          link: '/governance/executions/guards',
          to: { roles: ['admin', 'operator'] },
        }),
      ],
    ),
    tx =>
      saveGuard(
        tx,
        tenantId,
        null,
        killed
          ? { killed, killedBy: ctx.principal.name, killedReason: reason, killedAt: now }
          : { killed, killedBy: null, killedReason: null, killedAt: null },
        now,
      ),
    scoped(tenantId),
  );
  return guardNow(ctx, tenantId);
}

export async function setLimits(
  ctx: CommandContext,
  input: { tenant_id: string; version: number; reason: string } & Limits,
): Promise<GuardRow> {
  const { tenant_id: tenantId, version, reason, hourlyTargets, flapLimit, flapMinutes } = input;
  await known(ctx, tenantId);
  const limits = { hourlyTargets, flapLimit, flapMinutes };
  await ctx.commit(
    guardEvent(
      'guard.limited',
      { id: tenantId === everybody ? 'installation' : tenantId, tenantId },
      { reason, ...limits },
    ),
    async tx => {
      if (!(await saveGuard(tx, tenantId, version, limits, ctx.clock.now()))) throw staleGuard();
    },
    scoped(tenantId),
  );
  return guardNow(ctx, tenantId);
}

const longestDays = 31;

export async function planFreeze(
  ctx: CommandContext,
  input: { tenant_id: string; starts_at: string; ends_at: string; reason: string },
): Promise<FreezeRow> {
  const { tenant_id: tenantId, reason } = input;
  await known(ctx, tenantId);
  const now = ctx.clock.now();
  const [startsAt, endsAt] = [new Date(input.starts_at), new Date(input.ends_at)];
  const wrong =
    endsAt <= startsAt
      ? 'It ends before it begins.'
      : endsAt <= now
        ? 'It would be over already.'
        : endsAt.getTime() - startsAt.getTime() > longestDays * 86_400_000
          ? `At most ${longestDays} days.`
          : null;
  if (wrong) throw invalid('freeze.times', wrong, [{ field: 'ends_at', message: wrong }]);
  const id = uuidv7(now.getTime());
  const row = { id, tenantId, startsAt, endsAt, reason, createdBy: ctx.principal.name, createdAt: now };
  await ctx.commit(
    guardEvent('freeze.planned', row, { from: input.starts_at, to: input.ends_at, reason }),
    tx => insertFreeze(tx, row),
    scoped(tenantId),
  );
  return {
    id,
    tenantId,
    reason,
    createdBy: row.createdBy,
    startsAt: startsAt.toISOString(),
    endsAt: endsAt.toISOString(),
    active: startsAt <= now,
  };
}

export async function endFreeze(
  ctx: CommandContext,
  { id, reason }: { id: string; reason: string },
): Promise<{ id: string }> {
  const row = await findFreeze(ctx.db, id);
  if (!row) throw noSuchFreeze(id);
  await ctx.commit(
    guardEvent('freeze.ended', row, { reason }),
    async tx => {
      if (!(await endFreezeRow(tx, id, ctx.principal.name, ctx.clock.now()))) throw noSuchFreeze(id);
    },
    scoped(row.tenantId),
  );
  return { id };
}
