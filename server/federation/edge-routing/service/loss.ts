import type { ReadContext } from '#kernel/trpc/context.ts';
import { receivedBy } from '#server/federation/replication/service.ts';
import { bytesBetween } from '../rules/lease.ts';

/** The last that the console knows of a region: how far its log reached, and when that was. */
export interface LastHeard {
  lsn: string | null;
  heardAt: string | null;
}

export interface Loss {
  bytes: number | null;
  seconds: number | null;
  copying: string[];
}

const most = (list: (number | null)[]) =>
  list.length === 0 || list.some(v => v === null) ? null : Math.max(...list.map(v => v ?? 0));

/** From the last that is known of the old primary to the last that each mirror applied: at most that much is lost. */
export async function lossOf(ctx: ReadContext, streams: readonly string[], last: LastHeard): Promise<Loss> {
  const reached = await Promise.all(streams.map(id => receivedBy(ctx, id)));
  // What is still being copied may miss anything, whatever was received.
  const whole = reached.map(r => (r && r.copying.length === 0 ? r : null));
  const seconds = whole.map(r =>
    r?.beatAt && last.heardAt ? Math.max(0, (Date.parse(last.heardAt) - Date.parse(r.beatAt)) / 1000) : null,
  );
  return {
    bytes: most(whole.map(r => (r ? bytesBetween(r.lsn, last.lsn) : null))),
    seconds: most(seconds.map(s => (s === null ? null : Math.round(s * 10) / 10))),
    copying: reached.flatMap(r => r?.copying ?? []),
  };
}
