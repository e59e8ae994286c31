import { declareSubjects } from '#kernel/approvals/subjects.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { executionMoved, noSuchSubject } from '../errors.ts';
import { approvalEvent } from '../events.ts';
import { applyExecution, type ExecutionRow, findExecution, insertExecution } from '../store/executions.ts';

export const executionPolicy = 'execution.simulated';

const questionOf = (row: ExecutionRow) => ({
  title: row.title,
  subject: { kind: 'execution', id: row.id },
  scope: { tenantId: row.tenantId, target: { runs: row.runs, replicas: row.replicas, wanted: row.wanted } },
  facts: {},
  plan: [
    `Look whether ${row.service} still runs ${row.replicas} replicas`,
    `Set ${row.service} of ${row.tenantId} to ${row.wanted} replicas`,
  ],
  change: { before: { replicas: row.replicas }, after: { replicas: row.wanted } },
  blast: `One service of one tenant of the simulated world: ${row.service} of ${row.tenantId}.`,
  simulated: true as const,
});

declareSubjects('simulated-execution', async (ctx, id) => {
  const row = await findExecution(ctx.db, id);
  if (!row) return null;
  return {
    policy: executionPolicy,
    call: { procedure: 'approvals.execute', input: { exec_id: row.id } },
    question: questionOf(row),
  };
});

const present = async (ctx: ReadContext, id: string): Promise<ExecutionRow> => {
  const row = await findExecution(ctx.db, id);
  if (!row) throw noSuchSubject(id);
  return row;
};

/** Changes the simulated world, once somebody has agreed. */
export async function execute(ctx: CommandContext, { exec_id: id }: { exec_id: string }) {
  const row = await present(ctx, id);
  const waits = await ctx.requireApproval(executionPolicy, questionOf(row));
  if (waits) return waits;
  await ctx.commit(
    approvalEvent(
      'approval.execution_ran',
      { id, tenantId: row.tenantId },
      { service: row.service, from: row.replicas, to: row.wanted, simulated: true },
      [],
      'execution',
    ),
    async tx => {
      if (!(await applyExecution(tx, row, ctx.clock.now()))) throw executionMoved();
    },
    { tenantId: row.tenantId },
  );
  return {
    status: 'executed' as const,
    exec_id: id,
    service: row.service,
    replicas: row.wanted,
    runs: row.runs + 1,
    simulated: true as const,
  };
}

/** For the demo world. */
export async function seedExecution(ctx: CommandContext, row: Omit<ExecutionRow, 'runs'>): Promise<void> {
  if (await findExecution(ctx.db, row.id)) return;
  await ctx.commit(
    approvalEvent(
      'approval.execution_seeded',
      { id: row.id, tenantId: row.tenantId },
      { simulated: true },
      [],
      'execution',
    ),
    tx => insertExecution(tx, { ...row, runs: 0 }, ctx.clock.now()),
  );
}
