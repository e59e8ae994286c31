import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { type Listed, paged } from '#kernel/trpc/list.ts';
import { noSuchRun } from '../errors.ts';
import { simulationEvent } from '../events.ts';
import { replayResult } from '../schema/replay.ts';
import { type SandboxInput, type SandboxResult, sandboxResult } from '../schema/sandbox.ts';
import { canaryResult, type ListRunsInput, type RunDetail, type RunRow } from '../schema.ts';
import { trySandbox } from '../service.ts';
import { countRuns, findRun, insertRun, selectRuns } from '../store/runs.ts';
import { countVerdict } from './metrics.ts';

export const whoOf = (ctx: ReadContext) => ctx.principal.name;

export async function listRuns(ctx: ReadContext, input: ListRunsInput): Promise<Listed<RunRow>> {
  const [rows, total] = await Promise.all([
    selectRuns(ctx.db, input),
    input.total ? countRuns(ctx.db, input) : undefined,
  ]);
  return paged(rows, input, total);
}

export async function readRun(ctx: ReadContext, id: string): Promise<RunDetail> {
  const found = await findRun(ctx.db, id);
  if (!found) throw noSuchRun(id);
  const { result, ...row } = found;
  const of = <T>(kind: RunRow['kind'], read: () => T) => (row.kind === kind && result ? read() : null);
  return {
    ...row,
    sandbox: of('sandbox', () => sandboxResult.parse(result)),
    canary: of('canary', () => canaryResult.parse(result)),
    replay: of('replay', () => replayResult.parse(result)),
    simulated: true,
  };
}

/** Tried, kept and accounted for; `trySandbox` is the same without the record. */
export async function runSandbox(
  ctx: CommandContext,
  input: SandboxInput,
): Promise<RunRow & { result: SandboxResult }> {
  const result = await trySandbox(ctx, input.plan, { minutes: input.minutes });
  const { verdict, score } = result.scorecard;
  const now = ctx.clock.now();
  const { tenantId, steps } = input.plan;
  const row: RunRow = {
    id: uuidv7(now.getTime()),
    kind: 'sandbox',
    tenantId,
    title: steps
      .map(s => `${s.action} ${s.target}`)
      .join(', ')
      .slice(0, 200),
    state: 'done',
    verdict,
    score,
    requestedBy: whoOf(ctx),
    createdAt: now.toISOString(),
    endsAt: null,
    finishedAt: now.toISOString(),
  };
  await ctx.commit(
    simulationEvent('simulation.ran', { kind: 'simulation', id: row.id }, { verdict, score }),
    tx =>
      insertRun(
        tx,
        {
          id: row.id,
          kind: 'sandbox',
          tenantId,
          title: row.title,
          requestedBy: row.requestedBy,
          input,
          done: { verdict, score, result },
        },
        now,
      ),
    { tenantId },
  );
  countVerdict('sandbox', verdict);
  return { ...row, result };
}
