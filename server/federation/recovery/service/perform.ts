import { gauge } from '#kernel/metrics/metrics.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { notificationJob, retireJob } from '#server/platform/notifications/request.ts';
import { recoveryEvent } from '../events.ts';
import { abandonedAfterMs, dueNow, toForget } from '../rules/plan.ts';
import { newId, type Origin, objectivesOf, readStatus, requestDrill, requestSnapshot } from '../service.ts';
import { tableNames } from '../store/tables.ts';
import { fileOf, takeSnapshot } from '../store/take.ts';
import { claimSnapshot, finishSnapshot, insertDrill, selectDrills, selectSnapshots } from '../store.ts';
import { drill } from './drill.ts';
import { snapshotStore } from './files.ts';
import { keysFile, manifestFile, readManifest, signatureFile } from './manifest.ts';
import { sweepScratch } from './scratch.ts';

const proofAge = gauge('recovery_proven_restore_age_seconds', 'Age of the newest proven restore');
const snapshotAge = gauge('recovery_snapshot_age_seconds', 'Age of the newest complete snapshot');

/** Taken by one worker at a time; one that died lets go by dying, and the job's next try begins anew. */
export const runSnapshot = (ctx: CommandContext, id: string, signal?: AbortSignal): Promise<void> =>
  alone(ctx, id, () => takeAndKeep(ctx, id, signal));

async function alone(ctx: CommandContext, id: string, act: () => Promise<void>): Promise<void> {
  const holder = await ctx.database.pool('atom_owner').connect();
  const lock = [`snapshot:${id}`];
  try {
    const { rows } = await holder.query('select pg_try_advisory_lock(hashtextextended($1, 0)) as mine', lock);
    if (!rows[0]?.mine) return void holder.release();
    await act();
    await holder.query('select pg_advisory_unlock(hashtextextended($1, 0))', lock);
    holder.release();
  } catch (error) {
    holder.release(true); // with the connection goes the lock
    throw error;
  }
}

async function takeAndKeep(ctx: CommandContext, id: string, signal?: AbortSignal): Promise<void> {
  const mine = await ctx.database.write(ctx.scope, tx => claimSnapshot(tx, id, ctx.clock.now()));
  if (!mine) return;
  try {
    const taken = await takeSnapshot(ctx, snapshotStore(), id, signal);
    const { manifest, manifestHash, bytes } = taken;
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    await ctx.commit(
      recoveryEvent('snapshot.taken', id, { manifestHash, bytes, rows, ledger: manifest.ledger.size }, [
        retireJob('recovery:snapshot'),
      ]),
      tx =>
        finishSnapshot(tx, id, {
          state: 'complete',
          finishedAt: ctx.clock.now(),
          bytes,
          tables: manifest.tables.length,
          rows,
          manifestHash,
          ledgerSize: manifest.ledger.size,
          newestAt: manifest.newestAt === null ? null : new Date(manifest.newestAt),
        }),
    );
  } catch (error) {
    await giveUp(ctx, id, (error as Error).message);
  }
}

/** Half a snapshot is of no use, and keeps the disk full that may have been why it is only half. */
async function giveUp(ctx: CommandContext, id: string, why: string): Promise<void> {
  const reason = why.slice(0, 300);
  const left = await removeFiles(ctx, id).catch((error: Error) => error.message);
  await ctx.commit(
    recoveryEvent('snapshot.failed', id, { reason, ...(left ? { left: left.slice(0, 300) } : {}) }, [
      alarm(
        'snapshot',
        'A snapshot failed',
        left ? `${reason} What it left cannot be removed: ${left}` : reason,
      ),
    ]),
    tx => finishSnapshot(tx, id, { state: 'failed', finishedAt: ctx.clock.now(), error: reason }),
  );
}

/** Those that the manifest names, or that any snapshot has; the manifest goes last, so that a next try finds the rest. */
async function removeFiles(ctx: CommandContext, id: string): Promise<void> {
  const store = snapshotStore();
  const files = await readManifest(store, id).then(
    ({ manifest }) => manifest.tables.map(table => table.file),
    async () => (await tableNames(ctx.db)).map(fileOf),
  );
  await store.remove(id, [...files, keysFile, signatureFile, manifestFile]);
}

export async function runDrill(ctx: CommandContext, id: string, origin: Origin): Promise<void> {
  const startedAt = ctx.clock.now();
  const { passed, durationMs, checks, report } = await drill(ctx, snapshotStore(), id);
  const wrong = checks.filter(check => !check.passed).map(check => `${check.name}: ${check.found}`);
  const detail = {
    durationMs,
    checks: checks.length,
    ...(passed ? {} : { reason: wrong.join('; ').slice(0, 300) }),
  };
  const jobs = passed
    ? [retireJob('recovery:drill')]
    : [alarm('drill', `The restore of ${id} failed`, wrong.join('; '))];
  await ctx.commit(recoveryEvent(passed ? 'drill.passed' : 'drill.failed', id, detail, jobs), async tx => {
    await insertDrill(tx, {
      id: newId(startedAt),
      snapshotId: id,
      origin,
      startedAt,
      durationMs,
      passed,
      checks,
      report,
    });
    await finishSnapshot(tx, id, { provenAt: passed ? startedAt : null });
  });
}

const alarm = (what: string, title: string, found: string) =>
  notificationJob({
    groupKey: `recovery:${what}`,
    kind: 'alert',
    severity: 'critical',
    title: title.slice(0, 200),
    lines: [{ label: 'Found', value: found.slice(0, 500) || 'nothing' }],
    link: '/federation/recovery',
    to: { roles: ['operator', 'admin'] },
  });

/** What the schedule asks for now; what is too old goes. */
export async function keepRecovery(ctx: CommandContext): Promise<void> {
  const now = ctx.clock.now().getTime();
  sweepScratch(Date.now()); // by the clock that files have
  const [snapshots, drills, objectives] = await Promise.all([
    selectSnapshots(ctx.db),
    selectDrills(ctx.db, 1),
    objectivesOf(ctx),
  ]);
  const due = dueNow(snapshots, drills[0] ? Date.parse(drills[0].startedAt) : null, objectives, now);
  if (due.snapshot) await requestSnapshot(ctx, 'schedule');
  if (due.drill) await requestDrill(ctx, due.drill, 'schedule');
  for (const { id, state, startedAt } of snapshots)
    if (state === 'taking' && now - Date.parse(startedAt) > abandonedAfterMs)
      await alone(ctx, id, () => giveUp(ctx, id, 'Whoever took it ended before it was whole.'));
  for (const id of toForget(snapshots, now)) await forget(ctx, id);
  const status = await readStatus(ctx);
  const age = (at: string | undefined) => (at === undefined ? Number.NaN : (now - Date.parse(at)) / 1000);
  proofAge.set(age(status.proven?.at));
  snapshotAge.set(age(status.newest?.startedAt));
}

async function forget(ctx: CommandContext, id: string): Promise<void> {
  await removeFiles(ctx, id); // forgotten is what is gone: a store that does not answer is asked again
  await ctx.commit(recoveryEvent('snapshot.forgotten', id), tx =>
    finishSnapshot(tx, id, { state: 'forgotten' }),
  );
}
