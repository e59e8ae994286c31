import { holdAlone } from '#kernel/db/hold.ts';
import { counter } from '#kernel/metrics/metrics.ts';
import { redactText } from '#kernel/redact/redact.ts';
import { RegionUnreachable } from '#kernel/regions/sql.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { carriedOnElsewhere } from '../errors.ts';
import { failoverEvent } from '../events.ts';
import { targetSilenceMs } from '../rules/lease.ts';
import type { FailoverStep } from '../schema.ts';
import { findRun, lockRoles, type StoredRun, saveRun, setWrites, writesIn, writesNow } from '../store.ts';
import { giveBack } from './back.ts';
import { perform } from './steps.ts';

const ended = counter('failover_runs_total', 'Failovers that ended', ['outcome', 'simulated']);

/**
 * Carries a failover on from wherever it is: each step is noted before and after, each may be repeated, and the right to
 * write moves in one commit. A process that ends at any point leaves either the old writer fenced and nobody writing, or
 * the new one; never two.
 */
export async function runFailover(ctx: CommandContext, id: string): Promise<void> {
  const done = await holdAlone(ctx.database, `failover:${id}`, async () => {
    await carryOn(ctx, id);
    return true;
  });
  if (!done) throw carriedOnElsewhere(id);
}

async function carryOn(ctx: CommandContext, id: string): Promise<void> {
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
      run.facts.silentSince = null;
      await note(ctx, run, step, { state: 'done', endedAt: ctx.clock.now().toISOString(), said });
    } catch (error) {
      // A target that does not answer may come back; the old writer stays fenced meanwhile, and nobody writes.
      if (error instanceof RegionUnreachable && !(await waitedEnough(ctx, run, error.region))) throw error;
      const why = error instanceof Error ? redactText(error.message) : 'unknown';
      // In the commit that ends the run: a step that failed is never passed over by whoever carries it on.
      Object.assign(step, { state: 'failed', endedAt: ctx.clock.now().toISOString(), said: why });
      return fail(ctx, run, why);
    }
  }
}

/** Whoever could write is not kept from it for long by a target that fell silent; once the right has moved there is no way back. */
async function waitedEnough(ctx: CommandContext, run: StoredRun, silent: string): Promise<boolean> {
  if (!run.facts.answers || silent !== run.to) return false;
  const target = await writesNow(ctx.database, run.to);
  if (target?.writes && target.epoch >= run.epoch) return false;
  const now = ctx.clock.now();
  run.facts.silentSince ??= now.toISOString();
  await ctx.database.write(ctx.scope, tx => saveRun(tx, run.id, { steps: run.steps, facts: run.facts }));
  return now.getTime() - Date.parse(run.facts.silentSince) >= targetSilenceMs;
}

async function note(ctx: CommandContext, run: StoredRun, step: FailoverStep, change: Partial<FailoverStep>) {
  Object.assign(step, change);
  await ctx.database.write(ctx.scope, tx => saveRun(tx, run.id, { steps: run.steps, facts: run.facts }));
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
      await lockRoles(tx);
      const to = await writesIn(tx, run.to);
      const promoted = to?.writes && to.epoch >= run.epoch;
      // Who lost count is not given back what nobody knew it had.
      if (!promoted && !run.facts.decides)
        await setWrites(tx, run.from, { fencing: false, epoch: run.epoch }, now);
      await saveRun(tx, run.id, { state: 'failed', steps: run.steps, facts: run.facts, finishedAt: now });
    },
  );
  await giveBack(ctx, run);
}
