import { systemContext } from '#kernel/trpc/commit.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { snapshotHash } from '../rules/manifest.ts';
import { findExecution } from '../store/executions.ts';
import { selectOrdered, selectUnapproved } from '../store/outcomes.ts';

const own = (ctx: Pick<ReadContext, 'database' | 'clock'>) =>
  systemContext('actions', ctx.database, ctx.clock).db;

/** Of the executions of high risk that ordered a step: those without a released approval. */
export async function unapproved(ctx: Pick<ReadContext, 'database' | 'clock'>) {
  const rows = await selectUnapproved(own(ctx));
  return { ran: rows.length, found: rows.filter(row => !row.approved).map(row => row.id) };
}

/** The newest executions that ordered a step: the snapshots are hashed again and compared. */
export async function withoutSnapshot(ctx: Pick<ReadContext, 'database' | 'clock'>) {
  const db = own(ctx);
  const ids = await selectOrdered(db, 100);
  const found: string[] = [];
  const stuck: string[] = [];
  for (const { id, state, reversible } of ids) {
    const row = await findExecution(db, id);
    const kept = row?.steps.flatMap(step => step.snapshot ?? []) ?? [];
    const whole = row !== null && kept.length === row.steps.length && row.manifest !== null;
    if (!whole || snapshotHash(kept) !== row.snapshotHash) found.push(id);
    // What nothing brings back was said to be so before anybody agreed.
    if (state === 'failed' && reversible) stuck.push(id);
  }
  return { ran: ids.length, found, stuck };
}
