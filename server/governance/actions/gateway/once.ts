import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { effectEvent } from '../events.ts';
import type { Order } from '../gateway.ts';
import { claimEffect, dropEffect } from '../store/effects.ts';

/**
 * For a side that cannot remember orders itself: the key is claimed before the call, so that no order is given twice. One
 * that certainly changed nothing gives its key back; where that is not known it stays claimed, and the second look decides.
 */
export async function once(
  from: { database: Database; clock: Clock },
  driver: string,
  order: Order,
  what: { target: string; version: string },
  run: () => Promise<void>,
  changedNothing: (error: unknown) => boolean,
): Promise<{ repeated: boolean }> {
  const ctx = systemContext('actions', from.database, from.clock);
  const { tenantId, executionId, idempotencyKey: key } = order;
  const first = await ctx.commit(
    done => effectEvent({ id: executionId, tenantId }, { key, target: what.target, driver, repeated: !done }),
    tx => claimEffect(tx, { key, tenantId, executionId, driver, version: what.version }, from.clock.now()),
    { tenantId },
  );
  if (!first) return { repeated: true };
  try {
    await run();
  } catch (error) {
    if (changedNothing(error))
      await ctx.commit(
        effectEvent({ id: executionId, tenantId }, { key, target: what.target, driver, refused: true }),
        tx => dropEffect(tx, key),
        { tenantId },
      );
    throw error;
  }
  return { repeated: false };
}
