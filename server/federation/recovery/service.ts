import { randomBytes } from 'node:crypto';
import { gauge } from '#kernel/metrics/metrics.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { notificationJob, retireJob } from '#server/platform/notifications/request.ts';
import { noSuchDrill, noSuchSnapshot, notComplete } from './errors.ts';
import { recoveryEvent } from './events.ts';
import { dueNow, judge, toForget, usualObjectives } from './rules/plan.ts';
import type { Objective, RecoveryStatus } from './schema.ts';
import { drill } from './service/drill.ts';
import { snapshotStore } from './service/files.ts';
import { keysFile, manifestFile, readManifest, signatureFile } from './service/manifest.ts';
import { takeSnapshot } from './service/take.ts';
import {
  claimSnapshot,
  findDrill,
  findSnapshot,
  finishSnapshot,
  insertDrill,
  insertSnapshot,
  saveObjective,
  selectDrills,
  selectObjectives,
  selectSnapshots,
} from './store.ts';

const proofAge = gauge('recovery_proven_restore_age_seconds', 'Age of the newest proven restore');
const snapshotAge = gauge('recovery_snapshot_age_seconds', 'Age of the newest complete snapshot');

export async function objectivesOf(ctx: ReadContext): Promise<Objective[]> {
  const set = new Map((await selectObjectives(ctx.db)).map(row => [row.tier, row]));
  return usualObjectives.map(usual => set.get(usual.tier) ?? usual);
}

export async function readStatus(ctx: ReadContext): Promise<RecoveryStatus> {
  const now = ctx.clock.now();
  const [snapshots, drills, objectives] = await Promise.all([
    selectSnapshots(ctx.db),
    selectDrills(ctx.db),
    objectivesOf(ctx),
  ]);
  const newest = snapshots.find(snapshot => snapshot.state === 'complete') ?? null;
  const proven = drills.find(row => row.passed) ?? null;
  return {
    at: now.toISOString(),
    store: snapshotStore().name,
    newest,
    proven: proven && { snapshotId: proven.snapshotId, at: proven.startedAt, durationMs: proven.durationMs },
    objectives: objectives.map(objective => judge(objective, newest, proven, now.getTime())),
  };
}

/** The last restore that was proved, and its age: for whoever has to know whether there is a way back. */
export async function provenRestore(
  ctx: ReadContext,
): Promise<{ at: string; ageSeconds: number; snapshotId: string } | null> {
  const proven = (await selectDrills(ctx.db)).find(row => row.passed);
  if (!proven) return null;
  const ageSeconds = Math.max(0, (ctx.clock.now().getTime() - Date.parse(proven.startedAt)) / 1000);
  return { at: proven.startedAt, ageSeconds, snapshotId: proven.snapshotId };
}

export const listSnapshots = async (ctx: ReadContext) => ({ rows: await selectSnapshots(ctx.db) });
export const listDrills = async (ctx: ReadContext) => ({ rows: await selectDrills(ctx.db) });

export async function readDrill(ctx: ReadContext, id: string) {
  const found = await findDrill(ctx.db, id);
  if (!found) throw noSuchDrill(id);
  return found;
}

type Origin = 'schedule' | 'demand';

const newId = (now: Date): string =>
  `${now
    .toISOString()
    .slice(0, 19)
    .replace(/[^0-9]/g, '')}-${randomBytes(4).toString('hex')}`;

/** A copy takes its time: it is asked for here, and taken by a job. */
export async function requestSnapshot(ctx: CommandContext, origin: Origin) {
  const now = ctx.clock.now();
  const id = newId(now);
  const job = {
    task: 'recovery.snapshot',
    key: `snapshot:${id}`,
    payload: { id },
    maxAttempts: 2,
    queue: 'recovery',
  };
  await ctx.commit(recoveryEvent('snapshot.requested', id, { origin }, [job]), tx =>
    insertSnapshot(tx, { id, origin, store: snapshotStore().name, startedAt: now }),
  );
  return { status: 'waiting' as const, id };
}

export async function requestDrill(ctx: CommandContext, id: string, origin: Origin) {
  const snapshot = await findSnapshot(ctx.db, id);
  if (!snapshot) throw noSuchSnapshot(id);
  if (snapshot.state !== 'complete') throw notComplete(id, snapshot.state);
  const job = {
    task: 'recovery.drill',
    key: `drill:${id}`,
    payload: { id, origin },
    maxAttempts: 1,
    queue: 'recovery',
  };
  await ctx.commit(recoveryEvent('drill.requested', id, { origin }, [job]), async () => {});
  return { status: 'waiting' as const, id };
}

/** Taken by one worker at a time; one that died lets go by dying, and the job's next try begins anew. */
export async function runSnapshot(ctx: CommandContext, id: string, signal?: AbortSignal): Promise<void> {
  const holder = await ctx.database.pool('atom_owner').connect();
  const lock = [`snapshot:${id}`];
  try {
    const { rows } = await holder.query('select pg_try_advisory_lock(hashtextextended($1, 0)) as mine', lock);
    if (!rows[0]?.mine) return void holder.release();
    await takeAndKeep(ctx, id, signal);
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
    const reason = (error as Error).message.slice(0, 300);
    await ctx.commit(
      recoveryEvent('snapshot.failed', id, { reason }, [alarm('snapshot', 'A snapshot failed', reason)]),
      tx => finishSnapshot(tx, id, { state: 'failed', finishedAt: ctx.clock.now(), error: reason }),
    );
  }
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
    if (passed) await finishSnapshot(tx, id, { provenAt: startedAt });
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
  const [snapshots, drills, objectives] = await Promise.all([
    selectSnapshots(ctx.db),
    selectDrills(ctx.db, 1),
    objectivesOf(ctx),
  ]);
  const due = dueNow(snapshots, drills[0] ? Date.parse(drills[0].startedAt) : null, objectives, now);
  if (due.snapshot) await requestSnapshot(ctx, 'schedule');
  if (due.drill) await requestDrill(ctx, due.drill, 'schedule');
  for (const id of toForget(snapshots, now)) await forget(ctx, id);
  const status = await readStatus(ctx);
  const age = (at: string | undefined) => (at === undefined ? Number.NaN : (now - Date.parse(at)) / 1000);
  proofAge.set(age(status.proven?.at));
  snapshotAge.set(age(status.newest?.startedAt));
}

async function forget(ctx: CommandContext, id: string): Promise<void> {
  const store = snapshotStore();
  const files = await readManifest(store, id).then(
    ({ manifest }) => manifest.tables.map(table => table.file),
    () => [],
  );
  await ctx.commit(recoveryEvent('snapshot.forgotten', id), tx =>
    finishSnapshot(tx, id, { state: 'forgotten' }),
  );
  await store.remove(id, [signatureFile, manifestFile, keysFile, ...files]);
}

export async function setObjective(
  ctx: CommandContext,
  { reason, ...objective }: Objective & { reason: string },
) {
  await ctx.commit(
    recoveryEvent('recovery.objective_changed', objective.tier, { ...objective, reason }),
    tx => saveObjective(tx, objective, ctx.clock.now()),
  );
  return objective;
}
