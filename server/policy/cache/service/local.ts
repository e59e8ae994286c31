import { env } from '#kernel/env/env.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { askStats } from '../gateway.ts';
import type { LocalCache } from '../schema.ts';

/** The inference cache of the relay on this machine, as it says itself; one that does not answer is shown as such. */
export async function readLocalCache(ctx: ReadContext, address = localAddress()): Promise<LocalCache> {
  const askedAt = ctx.clock.now().toISOString();
  const answer = await askStats(address);
  return answer.ok
    ? { reachable: true, address, askedAt, stats: answer.stats }
    : { reachable: false, address, askedAt, why: answer.why };
}

const localAddress = () => `http://127.0.0.1:${8702 + env().servicePortOffset}`;
