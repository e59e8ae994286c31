import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { effectEvent } from '../events.ts';
import type { Order } from '../gateway.ts';
import { claimEffect, wasCarriedOut } from '../store/effects.ts';

interface From {
  database: Database;
  clock: Clock;
}

/** Whether the order was given before, by this process or one that died. */
export const wasGiven = ({ database, clock }: From, order: Order): Promise<boolean> =>
  wasCarriedOut(systemContext('actions', database, clock).db, order.idempotencyKey);

/**
 * For a side that cannot remember orders itself: the key is claimed before the call, so that no order is given twice. Where
 * the call fails it stays claimed, since nobody knows what it did; the second look decides.
 */
export async function once(
  from: From,
  driver: string,
  order: Order,
  what: { target: string; version: string },
  run: () => Promise<void>,
): Promise<boolean> {
  const first = await noteEffect(from, driver, order, what);
  if (first) await run();
  return first;
}

/** True for the first who notes it. */
export async function noteEffect(
  from: From,
  driver: string,
  order: Order,
  what: { target: string; version: string },
): Promise<boolean> {
  const ctx = systemContext('actions', from.database, from.clock);
  const { tenantId, executionId, idempotencyKey: key } = order;
  return ctx.commit(
    (done: boolean) =>
      effectEvent({ id: executionId, tenantId }, { key, target: what.target, driver, repeated: !done }),
    tx => claimEffect(tx, { key, tenantId, executionId, driver, version: what.version }, from.clock.now()),
    { tenantId },
  );
}
