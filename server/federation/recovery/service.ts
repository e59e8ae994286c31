import { randomBytes } from 'node:crypto';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { noSuchDrill, noSuchSnapshot, notComplete } from './errors.ts';
import { recoveryEvent } from './events.ts';
import { failedLast, judge, usualObjectives } from './rules/plan.ts';
import type { Objective, RecoveryStatus } from './schema.ts';
import { snapshotStore } from './service/files.ts';
import {
  findDrill,
  findProof,
  findSnapshot,
  insertSnapshot,
  saveObjective,
  selectDrills,
  selectObjectives,
  selectSnapshots,
} from './store.ts';

export async function objectivesOf(ctx: ReadContext): Promise<Objective[]> {
  const set = new Map((await selectObjectives(ctx.db)).map(row => [row.tier, row]));
  return usualObjectives.map(usual => set.get(usual.tier) ?? usual);
}

export async function readStatus(ctx: ReadContext): Promise<RecoveryStatus> {
  const now = ctx.clock.now();
  const [snapshots, drills, proven, objectives] = await Promise.all([
    selectSnapshots(ctx.db),
    selectDrills(ctx.db),
    findProof(ctx.db),
    objectivesOf(ctx),
  ]);
  const newest =
    snapshots.find(snapshot => snapshot.state === 'complete' && !failedLast(drills, snapshot.id)) ?? null;
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
  const proven = await findProof(ctx.db);
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

export type Origin = 'schedule' | 'demand';

export const newId = (now: Date): string =>
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
