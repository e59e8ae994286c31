import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { drainStream, receivedBy } from '#server/federation/replication/service.ts';
import { notDrained, notThereAnyMore } from '../errors.ts';
import { bytesBetween } from '../rules/lease.ts';
import { type StoredRun, writesNow } from '../store.ts';
import { fencingOf } from './gateways.ts';

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
  const reached = await Promise.all(facts.streams.map(id => receivedBy(ctx, id)));
  const copying = reached.flatMap(r => r?.copying ?? []);
  const loss = reached.map(r => ({
    // What is still being copied may miss anything, whatever was received.
    bytes: !r || r.copying.length > 0 ? null : bytesBetween(r.lsn, last.lsn),
    seconds:
      !r?.beatAt || r.copying.length > 0 || last.heardAt === null
        ? null
        : Math.max(0, (Date.parse(last.heardAt) - Date.parse(r.beatAt)) / 1000),
  }));
  const most = (list: (number | null)[]) =>
    list.some(v => v === null) ? null : Math.max(0, ...list.map(v => v ?? 0));
  facts.rpoBytes = most(loss.map(l => l.bytes));
  facts.rpoSeconds = most(loss.map(l => (l.seconds === null ? null : Math.round(l.seconds * 10) / 10)));
  const unknown = copying.length > 0 ? `, since it was still being copied: ${copying.join(', ')}` : '';
  return facts.rpoBytes === null
    ? `what had not arrived is not known${unknown}`
    : `at most ${facts.rpoBytes} bytes and ${facts.rpoSeconds ?? 'unknown'} s had not arrived`;
}

/** A primary that answers after all says itself where its log ends; nothing is written there any more. */
async function lastOf(
  ctx: CommandContext,
  run: StoredRun,
): Promise<{ lsn: string | null; heardAt: string | null }> {
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
