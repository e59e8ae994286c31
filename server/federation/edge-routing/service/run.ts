import { counter } from '#kernel/metrics/metrics.ts';
import { redactText } from '#kernel/redact/redact.ts';
import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { assumeRole } from '#server/federation/regions/service.ts';
import {
  cutStream,
  drainStream,
  followBack,
  receivedBy,
  streamsBetween,
} from '#server/federation/replication/service.ts';
import { targetSilent } from '../errors.ts';
import { failoverEvent } from '../events.ts';
import { bytesBetween, lapsedAt } from '../rules/lease.ts';
import type { FailoverStep, StepName } from '../schema.ts';
import { findRun, type StoredRun, saveRun, setWrites, writesNow } from '../store.ts';
import { fencingOf } from './gateways.ts';

const ended = counter('failover_runs_total', 'Failovers that ended', ['outcome', 'simulated']);
/** Keys that the old primary may have given away without their rows having arrived. */
const sequenceMargin = 10_000;
const drainMs = 10_000;

/**
 * Carries a failover on from wherever it is: each step is noted before and after, each may be repeated, and the right to
 * write moves in one commit. A process that ends at any point leaves either the old writer fenced and nobody writing, or
 * the new one; never two.
 */
export async function runFailover(ctx: CommandContext, id: string): Promise<void> {
  for (;;) {
    const run = await findRun(ctx.ownWrites(), id);
    if (run?.state !== 'running') return;
    const step = run.steps.find(s => s.state === 'waiting' || s.state === 'running');
    if (!step) return finish(ctx, run);
    await note(ctx, run, step, {
      state: 'running',
      startedAt: step.startedAt ?? ctx.clock.now().toISOString(),
    });
    try {
      const said = await perform[step.name](ctx, run);
      await note(ctx, run, step, { state: 'done', endedAt: ctx.clock.now().toISOString(), said });
    } catch (error) {
      // A target that does not answer may come back; the old writer stays fenced meanwhile, and nobody writes.
      if (error instanceof RegionUnreachable) throw error;
      const why = error instanceof Error ? redactText(error.message) : 'unknown';
      await note(ctx, run, step, { state: 'failed', endedAt: ctx.clock.now().toISOString(), said: why });
      return fail(ctx, run, why);
    }
  }
}

async function note(ctx: CommandContext, run: StoredRun, step: FailoverStep, change: Partial<FailoverStep>) {
  Object.assign(step, change);
  await ctx.database.write(ctx.scope, tx => saveRun(tx, run.id, { steps: run.steps, facts: run.facts }));
}

type Perform = (ctx: CommandContext, run: StoredRun) => Promise<string>;

const perform: Record<StepName, Perform> = {
  fence: async (ctx, run) => {
    const gateway = fencingOf(ctx, run.simulated);
    // Without a target that answers, taking the right away would only make things worse.
    await gateway.now(run.to).catch(() => {
      throw targetSilent(run.to);
    });
    try {
      await gateway.fence(run.from, run.epoch);
      run.facts.fenced = true;
      return 'its fence is closed: every commit from now on is refused';
    } catch (error) {
      if (!(error instanceof RegionUnreachable) && !isRefusal(error)) throw error;
    }
    run.facts.fenced = false;
    const held = await writesNow(ctx.database, run.from);
    const left = lapsedAt(Date.parse(held?.since ?? run.startedAt)) - ctx.clock.now().getTime();
    if (left > 0) await new Promise(resolve => setTimeout(resolve, left));
    return 'it does not answer; its lease has lapsed';
  },
  drain: async (ctx, run) => {
    const { facts } = run;
    const drained = facts.fenced
      ? await Promise.all(facts.streams.map(stream => drainStream(ctx, stream, drainMs)))
      : [];
    if (facts.fenced && drained.every(Boolean)) {
      Object.assign(facts, { rpoBytes: 0, rpoSeconds: 0 });
      return 'the mirror has everything';
    }
    const received = await Promise.all(facts.streams.map(stream => receivedBy(ctx, stream)));
    const heard = facts.lastHeardAt === null ? null : Date.parse(facts.lastHeardAt);
    const loss = received.map(r => ({
      bytes: bytesBetween(r.receivedLsn, facts.lastLsn),
      seconds:
        r.beatAt === null || heard === null ? null : Math.max(0, (heard - Date.parse(r.beatAt)) / 1000),
    }));
    const most = (list: (number | null)[]) =>
      list.some(v => v === null) ? null : Math.max(0, ...list.map(v => v ?? 0));
    facts.rpoBytes = most(loss.map(l => l.bytes));
    facts.rpoSeconds = most(loss.map(l => (l.seconds === null ? null : Math.round(l.seconds * 10) / 10)));
    return facts.rpoBytes === null
      ? 'what had not arrived is not known'
      : `at most ${facts.rpoBytes} bytes and ${facts.rpoSeconds ?? 'unknown'} s had not arrived`;
  },
  detach: async (ctx, run) => {
    const backs: string[] = [];
    for (const stream of run.facts.streams) backs.push(await cutStream(ctx, stream));
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
        await setWrites(tx, run.from, { writes: false, fencing: false, epoch: run.epoch }, now);
        await setWrites(tx, run.to, { writes: true, fencing: false, epoch: run.epoch }, now);
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
    try {
      await gateway.fence(run.from, run.epoch);
    } catch (error) {
      if (!(error instanceof RegionUnreachable) && !isRefusal(error)) throw error;
      return `${run.from} does not answer yet; it follows as soon as it does`;
    }
    const followed = await Promise.all(run.facts.streams.map(stream => followBack(ctx, stream)));
    return followed.every(Boolean)
      ? `${run.from} follows ${run.to}`
      : `${run.from} follows as soon as it answers`;
  },
};

/** An answer that it could not be done in time, such as a lock that was not granted: then the lease has to lapse. */
const isRefusal = (error: unknown): boolean => (error as { code?: unknown }).code === '55P03';

async function tablesOf(ctx: CommandContext, run: StoredRun): Promise<string[]> {
  const back = await streamsBetween({ ...ctx, db: ctx.ownWrites() }, run.to, run.from, true);
  return [...new Set(back.flatMap(s => s.tables.map(t => t.table)))];
}

async function finish(ctx: CommandContext, run: StoredRun): Promise<void> {
  ended.inc({ outcome: 'done', simulated: String(run.simulated) });
  const { rpoBytes, rpoSeconds, writtenAt } = run.facts;
  await ctx.commit(
    failoverEvent('failover.finished', run.from, {
      from: run.from,
      to: run.to,
      epoch: run.epoch,
      rpoBytes,
      rpoSeconds,
      writtenAt,
    }),
    tx =>
      saveRun(tx, run.id, { state: 'done', steps: run.steps, facts: run.facts, finishedAt: ctx.clock.now() }),
  );
}

/** Before the right moved, it goes back to whoever had it, under its own epoch; a closed fence then needs the next one. */
async function fail(ctx: CommandContext, run: StoredRun, why: string): Promise<void> {
  ended.inc({ outcome: 'failed', simulated: String(run.simulated) });
  run.facts.message = why;
  await ctx.commit(
    failoverEvent('failover.failed', run.from, { from: run.from, to: run.to, reason: why }),
    async tx => {
      const now = ctx.clock.now();
      const promoted = run.steps.some(s => s.name === 'promote' && s.state !== 'waiting');
      if (!promoted) await setWrites(tx, run.from, { fencing: false, epoch: run.epoch }, now);
      await saveRun(tx, run.id, { state: 'failed', steps: run.steps, facts: run.facts, finishedAt: now });
    },
  );
}
