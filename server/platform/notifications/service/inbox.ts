import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { notificationEvent } from '../events.ts';
import { countInbox, markRead, selectInbox } from '../store/messages.ts';

const meOf = (ctx: ReadContext) => ({ id: ctx.principal.id, roles: ctx.principal.holders });

export async function readInbox(
  ctx: ReadContext,
  input: { unread: boolean; kind?: string[] | undefined; limit: number; offset: number },
) {
  const rows = await selectInbox(ctx.db, meOf(ctx), {
    unread: input.unread,
    kinds: input.kind?.length ? input.kind : null,
    limit: input.limit + 1,
    offset: input.offset,
  });
  const more = rows.length > input.limit;
  return {
    rows: more ? rows.slice(0, input.limit) : rows,
    nextOffset: more ? input.offset + input.limit : null,
  };
}

export const readInboxCounts = (ctx: ReadContext) => countInbox(ctx.db, meOf(ctx));

export async function markNotificationsRead(
  ctx: CommandContext,
  ids: readonly string[] | undefined,
): Promise<{ marked: number }> {
  const now = ctx.clock.now();
  try {
    const marked = await ctx.commit<number>(
      n => notificationEvent('notification.read', { kind: 'user', id: ctx.principal.id }, { marked: n }),
      async tx => {
        const n = await markRead(tx, meOf(ctx), ids ?? null, now);
        if (n === 0) throw new NothingUnread();
        return n;
      },
    );
    return { marked };
  } catch (error) {
    if (!(error instanceof NothingUnread)) throw error;
    ctx.unchanged();
    return { marked: 0 };
  }
}

class NothingUnread extends Error {}
