import type { Json } from '#kernel/ledger/event.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { latestRisk } from '#server/governance/risk/service.ts';
import { MovedOn } from '../errors.ts';
import { executionEvent } from '../events.ts';
import type { Realised } from '../schema.ts';
import { addLog, updateExecution } from '../store/changes.ts';
import { findExecution } from '../store/executions.ts';
import { selectUnmeasured } from '../store/outcomes.ts';
import type { From } from './drivers.ts';

/** A score needs a while to follow what really happened. */
const settleMs = 5 * 60_000;

/** Keeps beside an execution what came of the risk; what came of the bill the cost system keeps. */
async function noteRealised(from: From, id: string, kind: 'risk', found: Realised[string]): Promise<void> {
  const ctx = systemContext('actions', from.database, from.clock);
  const row = await findExecution(ctx.db, id);
  if (row?.state !== 'succeeded') return;
  const realised = { ...(row.realised as Realised | null), [`${kind}_${found.after}`]: found };
  await ctx.commit(
    executionEvent('execution.measured', row, { kind, ...found }),
    async tx => {
      const change = { realised: realised as unknown as Json };
      if (!(await updateExecution(tx, row, change, [], from.clock.now()))) throw new MovedOn();
      await addLog(tx, row, [{ level: 'info', said: words(kind, found) }], from.clock.now());
    },
    { tenantId: row.tenantId },
  );
}

const words = (kind: string, { after, before, now }: Realised[string]): string =>
  `${after} later: ${kind} ${before ?? 'unknown'} → ${now ?? 'unknown'}`;

/** The score of the service, or of the tenant, some minutes after what succeeded. */
export async function measureRisk(from: From): Promise<number> {
  const ctx = systemContext('actions', from.database, from.clock);
  const before = new Date(from.clock.now().getTime() - settleMs);
  const due = await selectUnmeasured(ctx.db, before, new Date(before.getTime() - 86_400_000), 50);
  for (const { id, tenantId, target, score } of due) {
    const vector = await latestRisk(ctx, tenantId, target ?? undefined).catch(() => null);
    await noteRealised(from, id, 'risk', { after: '5 min', before: score, now: vector?.overall ?? null });
  }
  return due.length;
}
