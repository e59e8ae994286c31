import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { paged } from '#kernel/trpc/list.ts';
import { readContacts } from '#server/platform/identity/service.ts';
import { noSuchDelivery, notDead, settledMatter } from '../errors.ts';
import { deliverJob, notificationEvent } from '../events.ts';
import type { DeliveryRow, ListDeliveriesInput } from '../schema.ts';
import { findWork, reviveDelivery } from '../store/deliveries.ts';
import {
  countByChannelAndState,
  countDeliveries,
  findDelivery,
  type StoredDelivery,
  selectAttempts,
  selectDeliveries,
} from '../store/log.ts';
import { lockMessage, markUndelivered } from '../store/messages.ts';
import { selectEndpoints } from '../store/settings.ts';

export async function listDeliveries(ctx: ReadContext, input: ListDeliveriesInput) {
  const [rows, total] = await Promise.all([
    selectDeliveries(ctx.db, input),
    input.total ? countDeliveries(ctx.db, input) : undefined,
  ]);
  const page = paged(rows, input, total);
  return { ...page, rows: await named(ctx, page.rows) };
}

/** Recipients in words; addresses stay where they are kept. */
async function named(ctx: ReadContext, rows: readonly StoredDelivery[]): Promise<DeliveryRow[]> {
  const users = rows.flatMap(row => (row.recipient.startsWith('user:') ? [row.recipient.slice(5)] : []));
  const [people, endpoints] = await Promise.all([
    users.length > 0 ? readContacts(ctx, { users: [...new Set(users)], roles: [] }) : [],
    selectEndpoints(ctx.db),
  ]);
  const names = new Map([
    ['shared', 'Shared channel'],
    ['fallback', 'Fallback address'],
    ...people.map((person): [string, string] => [`user:${person.id}`, person.displayName]),
    ...endpoints.map((endpoint): [string, string] => [`endpoint:${endpoint.id}`, endpoint.name]),
  ]);
  return rows.map(({ recipient, ...row }) => ({
    ...row,
    to: names.get(recipient) ?? (recipient.startsWith('user:') ? 'Somebody who left' : 'A removed endpoint'),
  }));
}

export async function readDelivery(ctx: ReadContext, id: string) {
  const found = await findDelivery(ctx.db, id);
  if (!found) throw noSuchDelivery(id);
  const [[row], tries] = await Promise.all([named(ctx, [found]), selectAttempts(ctx.db, id)]);
  if (!row) throw noSuchDelivery(id);
  return { ...row, tries };
}

export async function readDeliveryFacets(ctx: ReadContext) {
  const facets: Record<'channel' | 'state' | 'kind', Record<string, number>> = {
    channel: {},
    state: {},
    kind: {},
  };
  for (const row of await countByChannelAndState(ctx.db))
    for (const name of ['channel', 'state', 'kind'] as const)
      facets[name][row[name]] = (facets[name][row[name]] ?? 0) + row.n;
  return facets;
}

/** Gives a delivery that was given up all its tries again; what made it fail is somebody's to mend first. */
export async function retryDelivery(ctx: CommandContext, id: string) {
  const work = await findWork(ctx.db, id);
  if (!work) throw noSuchDelivery(id);
  if (work.purpose === 'send' && work.message.state === 'retired') throw settledMatter();
  const now = ctx.clock.now();
  await ctx.commit(
    notificationEvent('notification.retried', { kind: 'delivery', id }, { channel: work.channel }, [
      deliverJob(id),
    ]),
    async tx => {
      await lockMessage(tx, work.messageId);
      if (!(await reviveDelivery(tx, id, now))) throw notDead();
      if (work.purpose === 'send') await markUndelivered(tx, work.messageId, null);
    },
  );
  return readDelivery(ctx, id);
}
