import type { Tx } from '#kernel/db/database.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { streamPairs } from '#server/federation/replication/service.ts';
import { inProgress } from '../errors.ts';
import { joinedRegions } from '../rules/roles.ts';
import { insertRun, regionsUnderWay, selectWrites } from '../store.ts';

/** Regions that streams join, each group by itself: a failover of one is no business of another. */
export async function regionGroups(ctx: ReadContext, also: readonly string[] = []): Promise<string[][]> {
  const [pairs, writes] = await Promise.all([streamPairs(ctx), selectWrites(ctx.db)]);
  const live = pairs.filter(p => p.state !== 'retired');
  return joinedRegions([...new Set([...also, ...writes.map(w => w.region)])], live);
}

export const groupOf = (groups: readonly string[][], region: string): string[] =>
  groups.find(group => group.includes(region)) ?? [region];

/** One at a time among regions that streams join: a second one would fight it. */
export async function beginRun(
  tx: Tx,
  run: Parameters<typeof insertRun>[1],
  group: readonly string[],
  now: Date,
): Promise<void> {
  if (run.state === 'running' && (await regionsUnderWay(tx)).some(region => group.includes(region)))
    throw inProgress();
  await insertRun(tx, run, now);
}
