import type { CommandContext } from '#kernel/trpc/context.ts';
import { notNow } from '../errors.ts';
import { executionEvent } from '../events.ts';
import { driverNamed, driversOf } from './drivers.ts';
import { present } from './request.ts';

/** A rotation is of no use to anybody who cannot have the new secret. Whoever has it shown stands in the ledger. */
export async function takeSecret(
  ctx: CommandContext,
  { exec_id: id, step: n }: { exec_id: string; step: number },
): Promise<{ target: string; secret: string }> {
  const row = await present(ctx, id);
  const [kept, step] = [row.steps[n], row.plan.steps[n]];
  if (!kept || !step || kept.state !== 'verified') throw notNow(id, 'that step made nothing secret.');
  const secret = driverNamed(driversOf(ctx), kept.driver).secretOf?.(step, `${id}:${n}:all`) ?? null;
  if (secret === null) throw notNow(id, 'that step made nothing secret.');
  await ctx.commit(
    executionEvent('execution.secret_taken', row, { target: kept.target, step: n + 1 }),
    async () => {},
    { tenantId: row.tenantId },
  );
  return { target: kept.target, secret };
}
