import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { assumeRole } from '#server/federation/regions/service.ts';
import { cutStream, followBack, streamsBetween } from '#server/federation/replication/service.ts';
import { targetSilent } from '../errors.ts';
import { failoverEvent } from '../events.ts';
import type { FencingGateway } from '../gateway.ts';
import { lapsedAt, leaseMs, marginMs } from '../rules/lease.ts';
import type { StepName } from '../schema.ts';
import { lockRoles, type StoredRun, saveRun, setWrites } from '../store.ts';
import { drain } from './drain.ts';
import { fencingOf } from './gateways.ts';

/** Keys that the old primary may have given away without their rows having arrived. */
const sequenceMargin = 10_000;

type Perform = (ctx: CommandContext, run: StoredRun) => Promise<string>;

export const perform: Record<StepName, Perform> = {
  fence: async (ctx, run) => {
    const gateway = fencingOf(ctx, run.simulated);
    // Without a target that answers, taking the right away would only make things worse.
    if (!(await heard(gateway, run.to))) throw targetSilent(run.to);
    const others = (run.facts.decides ?? []).filter(region => region !== run.from);
    const fenced = await Promise.all(
      [run.from, ...others].map(region => closed(() => gateway.fence(region, run.epoch))),
    );
    run.facts.fenced = fenced.every(Boolean);
    if (run.facts.fenced) return 'its fence is closed: every commit from now on is refused';
    // Counted from this step, not from the order: its commit may have taken long, and until it was visible leases were renewed.
    const begun = run.steps.find(s => s.name === 'fence')?.startedAt ?? ctx.clock.now().toISOString();
    const left = lapsedAt(Date.parse(begun)) - ctx.clock.now().getTime();
    if (left > 0) await new Promise(resolve => setTimeout(resolve, left));
    // It may be there again, or whoever held it up may be through: then it can be emptied after all.
    run.facts.fenced = await closed(() => gateway.fence(run.from, run.epoch, true));
    return run.facts.fenced
      ? 'its lease has lapsed, and its fence is closed'
      : 'it does not answer; its lease has lapsed';
  },
  drain,
  detach: async (ctx, run) => {
    const backs: string[] = [];
    for (const stream of run.facts.streams)
      backs.push(await cutStream(ctx, stream, run.facts.answers === true));
    return `cut ${run.facts.streams.join(', ')}; ${backs.join(', ')} keep what is written from now on`;
  },
  sequences: async (ctx, run) => {
    const tables = await tablesOf(ctx, run);
    const raised = await fencingOf(ctx, run.simulated).raiseSequences(run.to, tables, sequenceMargin);
    return raised.join(', ') || 'there are none';
  },
  promote: async (ctx, run) => {
    await ctx.commit(
      failoverEvent('failover.promoted', run.to, {
        from: run.from,
        to: run.to,
        epoch: run.epoch,
        run: run.id,
      }),
      async tx => {
        const now = ctx.clock.now();
        await lockRoles(tx);
        const role = { fencing: false, epoch: run.epoch, unknownSince: null };
        for (const region of run.facts.decides ?? [run.from])
          await setWrites(tx, region, { ...role, writes: false }, now);
        await setWrites(tx, run.to, { ...role, writes: true }, now);
        await saveRun(tx, run.id, { steps: run.steps, facts: run.facts });
      },
    );
    const gateway = fencingOf(ctx, run.simulated);
    const { clock } = await gateway.now(run.to);
    await gateway.renew(run.to, run.epoch, clock);
    for (const [name, role] of [
      [run.to, 'primary'],
      [run.from, 'replica'],
    ] as const)
      await assumeRole(ctx, name, role, run.epoch).catch(() => {}); // the registry may hold a later epoch already
    return `epoch ${run.epoch}`;
  },
  probe: async (ctx, run) => {
    const gateway = fencingOf(ctx, run.simulated);
    const { clock } = await gateway.now(run.to);
    await gateway.renew(run.to, run.epoch, clock);
    await gateway.probe(run.to);
    run.facts.writtenAt ??= ctx.clock.now().toISOString();
    return 'a write was committed';
  },
  reverse: async (ctx, run) => {
    const gateway = fencingOf(ctx, run.simulated);
    if (!(await closed(() => gateway.fence(run.from, run.epoch))))
      return `${run.from} does not answer yet; it follows as soon as it does`;
    const followed: boolean[] = [];
    for (const stream of run.facts.streams) followed.push(await followBack(ctx, stream));
    return followed.every(Boolean)
      ? `${run.from} follows ${run.to}`
      : `${run.from} follows as soon as it answers`;
  },
};

/** Asked again for a while: what is silent for a moment is not gone, and as long as the old lease goes on nobody misses a write. */
async function heard(gateway: FencingGateway, region: string): Promise<boolean> {
  const end = performance.now() + leaseMs - marginMs;
  for (;;) {
    try {
      await gateway.now(region);
      return true;
    } catch (error) {
      if (!(error instanceof RegionUnreachable)) throw error;
      if (performance.now() > end) return false;
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }
}

/** False: it does not answer, or not in time, such as where a lock is not granted. Then the lease has to lapse. */
async function closed(fence: () => Promise<void>): Promise<boolean> {
  try {
    await fence();
    return true;
  } catch (error) {
    const late = (error as { code?: unknown }).code === '55P03';
    if (!(error instanceof RegionUnreachable) && !late) throw error;
    return false;
  }
}

async function tablesOf(ctx: CommandContext, run: StoredRun): Promise<string[]> {
  const back = await streamsBetween({ ...ctx, db: ctx.ownWrites() }, run.to, run.from, 'kept');
  return [...new Set(back.flatMap(s => s.tables.map(t => t.table)))];
}
