import { decisionsKeptHours, writeDecisions } from '#kernel/policy/decisions.ts';
import { decideUnder } from '#kernel/policy/in-force.ts';
import { type PolicyContent, policyContent } from '#kernel/policy/kinds.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { badPolicy, noSuchDraft, noSuchPolicy } from '../errors.ts';
import { policyEvent } from '../events.ts';
import { dryRun, withDraft } from '../rules/dry-run.ts';
import type { DraftInput, DraftView } from '../schema.ts';
import { deleteDraft, findDraft, recordedDecisions, saveDraftRow, selectDrafts } from '../store/drafts.ts';
import { findPolicy } from '../store/policies.ts';
import { activePolicies } from './read.ts';

const mostReplayed = 20_000;

/** A draft may be unfinished: it is kept as it was typed, and checked when it is tried or published. */
export async function saveDraft(ctx: CommandContext, input: DraftInput): Promise<DraftView> {
  const tenantId = input.tenant ?? null;
  const { scope } = ctx;
  if (scope.tenantId !== undefined && scope.tenantId !== tenantId) throw noSuchPolicy(input.id);
  const known = await findPolicy(ctx.db, input.id);
  if (known && known.tenantId !== tenantId) throw noSuchPolicy(input.id);
  const draft = {
    policyId: input.id,
    tenantId,
    content: input.content,
    baseVersion: known?.latestVersion ?? 0,
    author: `${ctx.principal.kind}:${ctx.principal.id}`,
  };
  const now = ctx.clock.now();
  await ctx.commit(
    policyEvent('policy.draft_saved', { id: input.id, tenantId }, { baseVersion: draft.baseVersion }),
    async tx => {
      if (!(await saveDraftRow(tx, draft, now))) throw noSuchPolicy(input.id);
    },
  );
  return { ...draft, id: draft.policyId, updatedAt: now.toISOString(), outdated: false };
}

export async function discardDraft(ctx: CommandContext, id: string): Promise<{ id: string }> {
  const draft = await findDraft(ctx.db, id);
  // A tenant sees drafts of the installation, and changes its own only.
  if (!draft || (ctx.scope.tenantId !== undefined && ctx.scope.tenantId !== draft.tenantId))
    throw noSuchDraft(id);
  await ctx.commit(policyEvent('policy.draft_discarded', { id, tenantId: draft.tenantId }, {}), tx =>
    deleteDraft(tx, id),
  );
  return { id };
}

export async function readDrafts(ctx: ReadContext, id?: string): Promise<DraftView[]> {
  const found = id === undefined ? await selectDrafts(ctx.db) : [await findDraft(ctx.db, id)];
  const views: DraftView[] = [];
  for (const draft of found) {
    if (!draft) continue;
    const { policyId, ...rest } = draft;
    const policy = await findPolicy(ctx.db, policyId);
    views.push({ ...rest, id: policyId, outdated: (policy?.latestVersion ?? 0) > draft.baseVersion });
  }
  return views;
}

/** The last day's questions under what is active now and under the draft; a tenant's draft against that tenant's own. */
export async function tryDraft(ctx: ReadContext, input: unknown) {
  const content = contentOf(input);
  const now = ctx.clock.now();
  // What this process has noted and not written yet belongs to the last day too.
  await writeDecisions(systemContext('policies.decisions', ctx.database, ctx.clock));
  const since = new Date(now.getTime() - decisionsKeptHours * 3_600_000);
  const [recorded, active] = await Promise.all([
    recordedDecisions(ctx.db, content.kind, since, mostReplayed),
    activePolicies(ctx),
  ]);
  const run = dryRun(recorded, active, withDraft(active, content), (held, question) =>
    decideUnder(content.kind, held, question, now),
  );
  return { ...run, since: since.toISOString(), oldest: recorded.at(-1)?.at ?? null };
}

function contentOf(input: unknown): PolicyContent {
  const given = input !== null && typeof input === 'object' ? input : {};
  const parsed = policyContent.safeParse({ scope: {}, staleness: 'serve', expires: null, ...given });
  if (parsed.success) return parsed.data;
  throw badPolicy(
    parsed.error.issues.map(issue => ({ field: issue.path.join('.') || 'policy', message: issue.message })),
  );
}
