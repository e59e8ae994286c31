import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { drainStream } from '#server/federation/replication/service.ts';
import { notDrained, notThereAnyMore } from '../errors.ts';
import { type StoredRun, writesNow } from '../store.ts';
import { fencingOf } from './gateways.ts';
import { type LastHeard, lossOf } from './loss.ts';

const drainMs = 10_000;

/**
 * Whoever was to be emptied first is emptied, or keeps the right to write: what was agreed to is a switch that loses
 * nothing. Only an order for a primary that did not answer goes on without that, and says what had not arrived.
 */
export async function drain(ctx: CommandContext, run: StoredRun): Promise<string> {
  const { facts } = run;
  if (facts.answers && !facts.fenced) throw notThereAnyMore(run.from);
  const open = facts.fenced ? await waitsOf(ctx, run) : [];
  if (facts.fenced && open.length === 0) {
    Object.assign(facts, { rpoBytes: 0, rpoSeconds: 0 });
    return 'the mirror has everything';
  }
  if (facts.answers) throw notDrained(run.from, run.to, open);
  return measureLoss(ctx, run);
}

async function waitsOf(ctx: CommandContext, run: StoredRun): Promise<string[]> {
  // As long as this failover has not switched; whoever carries on an older one finds that somebody else writes.
  const may = async () => (await writesNow(ctx.database, run.from))?.writes === true;
  const waits = await Promise.all(
    run.facts.streams.map(async id => {
      const open = await drainStream(ctx, id, drainMs, may);
      return open === null ? [] : [`${id}: ${open}`];
    }),
  );
  return waits.flat();
}

/** From the last that is known of the old primary to the last that the mirror applied: at most that much is lost. */
async function measureLoss(ctx: CommandContext, run: StoredRun): Promise<string> {
  const { facts } = run;
  const last = await lastOf(ctx, run);
  const { bytes, seconds, copying } = await lossOf({ ...ctx, db: ctx.ownWrites() }, facts.streams, last);
  Object.assign(facts, { rpoBytes: bytes, rpoSeconds: seconds });
  const unknown = copying.length > 0 ? `, since it was still being copied: ${copying.join(', ')}` : '';
  return bytes === null
    ? `what had not arrived is not known${unknown}`
    : `at most ${bytes} bytes and ${seconds ?? 'unknown'} s had not arrived`;
}

/** A primary that answers after all says itself where its log ends; nothing is written there any more. */
async function lastOf(ctx: CommandContext, run: StoredRun): Promise<LastHeard> {
  const { lastLsn, lastHeardAt, fenced } = run.facts;
  if (fenced)
    try {
      const { clock, lsn } = await fencingOf(ctx, run.simulated).now(run.from);
      return { lsn, heardAt: new Date(clock).toISOString() };
    } catch (error) {
      if (!(error instanceof RegionUnreachable)) throw error;
    }
  return { lsn: lastLsn, heardAt: lastHeardAt };
}
