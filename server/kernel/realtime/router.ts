import { EventEmitter, on } from 'node:events';
import { tracked } from '@trpc/server';
import { z } from 'zod';
import { sessionState } from '../auth/session.ts';
import { loadSession } from '../auth/store.ts';
import { read } from '../trpc/builders.ts';
import type { ReadContext } from '../trpc/context.ts';
import { router } from '../trpc/init.ts';
import { type Bus, openBus } from './bus.ts';
import { type Gap, type Notice, visibleTo } from './topics.ts';

let bus: Promise<Bus> | undefined;

/** One LISTEN connection per process, however many browsers are attached. */
export const processBus = (ctx: Pick<ReadContext, 'database'>): Promise<Bus> =>
  (bus ??= openBus(ctx.database));

const recheckMs = 15_000;

/** The one stream of a browser: hints for all its pages, resumed from the last id it saw. */
export const liveRouter = router({
  events: read({ permission: 'self:read', own: true })
    .input(z.strictObject({ lastEventId: z.string().regex(/^\d+$/).optional() }).optional())
    .subscription(async function* ({ ctx, input, signal }) {
      const source = await processBus(ctx);
      const events = new EventEmitter();
      const from = input?.lastEventId === undefined ? undefined : Number(input.lastEventId);
      const stop = source.subscribe(event => events.emit('event', event), from);
      const recheck = setInterval(() => events.emit('event', null), recheckMs);
      try {
        yield tracked(String(source.cursor()), { topic: 'live', key: null, type: 'live.opened' });
        for await (const [event] of on(events, 'event', signal ? { signal } : {})) {
          const hint = event as Notice | Gap | null;
          if (hint === null || ('topic' in hint && hint.topic === 'sessions'))
            if (!(await stillSignedIn(ctx))) return;
          if (hint === null) continue;
          if ('gap' in hint) yield tracked(String(hint.id), { topic: '*', key: null, type: 'live.gap' });
          else if (visibleTo(ctx.principal, hint))
            yield tracked(String(hint.id), { topic: hint.topic, key: hint.key, type: hint.type });
        }
      } catch (error) {
        if (!(error instanceof Error && error.name === 'AbortError')) throw error;
      } finally {
        clearInterval(recheck);
        stop();
      }
    }),
});

/** A revoked session ends its stream, not only its next request. */
async function stillSignedIn(ctx: ReadContext): Promise<boolean> {
  const { principal } = ctx;
  if (principal.kind !== 'user' || !principal.sessionId) return principal.kind !== 'anonymous';
  const row = await loadSession(ctx.database, principal.sessionId);
  if (row?.state !== 'active') return false;
  const revokedAt = row.revokedAt ? new Date(row.revokedAt) : null;
  return (
    sessionState(
      { lastSeenAt: new Date(row.lastSeenAt), expiresAt: new Date(row.expiresAt), revokedAt },
      ctx.clock.now(),
    ) === 'live'
  );
}
