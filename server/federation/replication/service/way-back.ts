import { log } from '#kernel/log/log.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { namesOf, reverseId } from '../rules/names.ts';
import { type WayBack, wayBackChecks, wayBackOf } from '../rules/way-back.ts';
import { selectStreams } from '../store/streams.ts';
import { gatewayOf } from './gateways.ts';

/** Of each stream from one region to another: whether the switch could make the one that leads back, asked now. */
export async function waysBack(
  ctx: ReadContext,
  from: string,
  to: string,
  silent: string | null,
): Promise<Record<string, WayBack>> {
  const streams = (await selectStreams(ctx.db)).filter(
    s => s.publisher === from && s.subscriber === to && s.state !== 'retired',
  );
  const found = await Promise.all(
    streams.map(async (stream): Promise<[string, WayBack]> => {
      // Whoever waits for a switch does not wait for a server that is known to be silent.
      if (silent) return [stream.id, { ready: null, found: `${silent} does not answer` }];
      const id = reverseId(stream.id);
      const tables = stream.tables.map(t => t.table);
      try {
        const facts = await gatewayOf(ctx, stream).facts({ id, publisher: to, subscriber: from, tables });
        const wanted = { ...stream, publication: namesOf(id).publication };
        return [stream.id, wayBackOf(wayBackChecks(wanted, facts, streams.length), to, from)];
      } catch (error) {
        log().warn({ event: 'replication.way_back_not_asked', stream: stream.id, error });
        return [stream.id, { ready: null, found: `${to} and ${from} could not be asked` }];
      }
    }),
  );
  return Object.fromEntries(found);
}
