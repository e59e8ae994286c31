import { env } from '#kernel/env/env.ts';
import { randomToken, uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { readContacts } from '#server/platform/identity/service.ts';
import { deliverJob, notificationEvent } from '../events.ts';
import { type Planned, planDeliveries } from '../rules/plan.ts';
import type { Message, Outcome } from '../schema.ts';
import { insertDeliveries, type NewDelivery, withdrawDeliveries } from '../store/deliveries.ts';
import { insertMessage, retireGroup, retirementOf } from '../store/messages.ts';
import { selectEndpoints, selectPreferences } from '../store/settings.ts';

const nonce = () => randomToken(24);

/** A message as its system asked for it; whatever runs this again changes nothing. */
export async function acceptMessage(
  ctx: CommandContext,
  { id, message }: { id: string; message: Message },
  only?: Planned,
): Promise<string[]> {
  const now = ctx.clock.now();
  const to = { users: message.to.users ?? [], roles: message.to.roles ?? [] };
  const readers = only ? [] : await readContacts(ctx, to);
  const [preferences, endpoints] = await Promise.all([
    selectPreferences(
      ctx.db,
      readers.map(reader => reader.id),
    ),
    selectEndpoints(ctx.db),
  ]);
  const planned = only
    ? [only]
    : planDeliveries({
        message,
        readers,
        preferences: new Map(preferences.map(said => [said.userId, said])),
        endpoints: endpoints.filter(endpoint => endpoint.enabled),
        fallback: env().vars.ADMIN_APPROVER_EMAIL !== undefined,
        now,
      });
  const rows = planned.map(
    ({ channel, recipient, notBefore }): NewDelivery => ({
      id: uuidv7(now.getTime()),
      messageId: id,
      channel,
      recipient,
      purpose: 'send',
      nonce: nonce(),
      nextAt: notBefore,
    }),
  );
  const said = {
    group: message.groupKey,
    kind: message.kind,
    severity: message.severity,
    title: message.title,
    readers: readers.length,
    channels: [...new Set(planned.map(p => p.channel))].sort(),
  };
  try {
    await ctx.commit<Outcome | null>(
      retired =>
        notificationEvent(
          only ? 'notification.tested' : 'notification.requested',
          { kind: 'notification', id },
          said,
          retired ? [] : rows.map(row => deliverJob(row.id, row.nextAt > now ? row.nextAt : undefined)),
        ),
      async tx => {
        const retired = await retirementOf(tx, message.groupKey, id);
        if (!(await insertMessage(tx, { ...message, id, test: only !== undefined }, retired, now)))
          throw new KnownAlready();
        if (!retired) await insertDeliveries(tx, rows, now);
        return retired;
      },
    );
  } catch (error) {
    if (!(error instanceof KnownAlready)) throw error;
    return [];
  }
  return rows.map(row => row.id);
}

class KnownAlready extends Error {}

/** The matter is settled: waiting deliveries are dropped, arrived ones are taken back, each by a delivery of its own. */
export async function retireMessages(
  ctx: CommandContext,
  by: { id: string; groupKey: string; outcome: Outcome },
): Promise<void> {
  const now = ctx.clock.now();
  try {
    await ctx.commit<{ messages: number; back: NewDelivery[] }>(
      ({ messages, back }) =>
        notificationEvent(
          'notification.retired',
          { kind: 'notification', id: by.id },
          { group: by.groupKey, outcome: by.outcome, messages, taken_back: back.length },
          back.map(row => deliverJob(row.id)),
        ),
      async tx => {
        const ids = await retireGroup(tx, by, now);
        if (ids.length === 0) throw new NothingOpen();
        const back = (await withdrawDeliveries(tx, ids, now)).map(sent => takingBack(sent, now));
        await insertDeliveries(tx, back, now);
        return { messages: ids.length, back };
      },
    );
  } catch (error) {
    if (!(error instanceof NothingOpen)) throw error;
    // The retirement itself is kept: its message may still be on the way.
    await ctx.database.write(ctx.scope, tx => retireGroup(tx, by, now));
  }
}

class NothingOpen extends Error {}

export const takingBack = (
  { messageId, channel, recipient }: Pick<NewDelivery, 'messageId' | 'channel' | 'recipient'>,
  now: Date,
): NewDelivery => ({
  id: uuidv7(now.getTime()),
  messageId,
  channel,
  recipient,
  purpose: 'retire',
  nonce: nonce(),
  nextAt: now,
});
