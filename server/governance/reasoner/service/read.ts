import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { type Listed, paged } from '#kernel/trpc/list.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { contextTaken, noSuchDecision } from '../errors.ts';
import { proposalEvent } from '../events.ts';
import type {
  ContextInput,
  ContextRow,
  DecisionDetail,
  DecisionRow,
  HistoryRow,
  ListDecisionsInput,
} from '../schema.ts';
import {
  countDecisions,
  findContext,
  findDecision,
  insertContext,
  selectContexts,
  selectDecisions,
  selectHistory,
} from '../store/decisions.ts';
import { triedOf } from './orchestrator.ts';

export async function listDecisions(
  ctx: ReadContext,
  input: ListDecisionsInput,
): Promise<Listed<DecisionRow>> {
  const [rows, total] = await Promise.all([
    selectDecisions(ctx.db, input),
    input.total ? countDecisions(ctx.db, input) : undefined,
  ]);
  return paged(rows, input, total);
}

export async function readDecision(ctx: ReadContext, id: string): Promise<DecisionDetail> {
  const found = await findDecision(ctx.db, id);
  if (!found) throw noSuchDecision(id);
  const tried = await triedOf(ctx, found.tenantId, found.proposals);
  return {
    ...found,
    proposals: found.proposals.map(card => ({ ...card, tried: tried.get(card.id) ?? null })),
  };
}

export const readHistory = async (
  ctx: ReadContext,
  input: { tenant?: string | undefined; limit: number },
): Promise<{ rows: HistoryRow[] }> => ({ rows: await selectHistory(ctx.db, input) });

export async function listContexts(ctx: ReadContext, tenantId: string): Promise<{ rows: ContextRow[] }> {
  const tenant = await readTenant(ctx, tenantId);
  return { rows: await selectContexts(ctx.db, tenant.id) };
}

/** A context is never changed: what a decision was asked under stays readable as it was. */
export async function createContext(ctx: CommandContext, input: ContextInput): Promise<ContextRow> {
  const tenant = await readTenant(ctx, input.tenant_id);
  const { tenant_id: _tenant, ...rest } = input;
  const now = ctx.clock.now();
  const row = { ...rest, tenantId: tenant.id, createdBy: ctx.principal.name };
  await ctx.commit(
    proposalEvent(
      'context.created',
      { kind: 'context', id: input.id, tenantId: tenant.id },
      { window: input.windowMinutes, actions: input.actions },
    ),
    async tx => {
      if (!(await insertContext(tx, row, now))) throw contextTaken(input.id);
    },
    { tenantId: tenant.id },
  );
  return { ...row, createdAt: now.toISOString() };
}

/** For the demo world. */
export async function seedContext(ctx: CommandContext, input: ContextInput): Promise<void> {
  if (await findContext(ctx.db, input.tenant_id, input.id)) return;
  await createContext(ctx, input);
}
