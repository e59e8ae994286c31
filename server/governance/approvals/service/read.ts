import { approvalPolicyTitle } from '#kernel/approvals/policy.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { type Listed, paged } from '#kernel/trpc/list.ts';
import { noSuchApproval, whyNotInWords } from '../errors.ts';
import { authorities, type Case, mayNot, step } from '../rules/machine.ts';
import { groupsOf, inWordsOf, type Voter } from '../rules/quorum.ts';
import type { ApprovalDetail, ApprovalRow, ListApprovalsInput } from '../schema.ts';
import { findReviewOf, owes, selectOpenReviews } from '../store/decisions.ts';
import { type DelegationRow, selectDelegations, selectVoters } from '../store/people.ts';
import {
  countRequests,
  findRequest,
  type RequestRow,
  selectPending,
  selectRequests,
} from '../store/requests.ts';
import { caseOf } from './case.ts';
import { authorityFor } from './decide.ts';
import { settle } from './release.ts';

interface World {
  voters: Voter[];
  byId: Map<string, Voter>;
  delegators: string[];
  now: number;
}

async function worldOf(ctx: ReadContext): Promise<World> {
  const [voters, delegations] = await Promise.all([selectVoters(ctx.db), selectDelegations(ctx.db)]);
  const now = ctx.clock.now().getTime();
  return {
    voters,
    byId: new Map(voters.map(voter => [voter.id, voter])),
    delegators: delegations
      .filter(d => d.toUser === ctx.principal.id && holdsNow(d, now))
      .map(d => d.fromUser),
    now,
  };
}

export const holdsNow = (d: DelegationRow, now: number): boolean =>
  d.revokedAt === null && Date.parse(d.startsAt) <= now && Date.parse(d.endsAt) > now;

/** Why this person could not decide now; null where they can. */
function whyNot(
  ctx: ReadContext,
  current: Case,
  world: World,
): { why: string | null; authority: Voter | null } {
  const me = ctx.principal.kind === 'user' ? world.byId.get(ctx.principal.id) : undefined;
  if (!me) return { why: 'Only people decide, signed in with a second factor.', authority: null };
  const authority = authorityFor(current, me, world.voters, world.delegators);
  const result = step(current, { do: 'approve', approver: me, authority, known: world.voters }, world.now);
  return result.ok ? { why: null, authority } : { why: whyNotInWords(result.why), authority: null };
}

const sameAs = (row: RequestRow, ctx: ReadContext) =>
  row.requesterKind === ctx.principal.kind && row.requesterId === ctx.principal.id;

function rowOf(ctx: ReadContext, row: RequestRow, world: World): ApprovalRow {
  const current = caseOf(row);
  return {
    id: row.id,
    title: row.title,
    subject: row.subject,
    tenantId: row.tenantId,
    // What ended a moment ago has ended, whether the job has come by or not.
    state: row.state === 'pending' && Date.parse(row.expiresAt) <= world.now ? 'expired' : row.state,
    policyId: row.policyId,
    requester: row.requesterName,
    simulated: row.simulated,
    breakGlass: row.breakGlass,
    global: current.global,
    needs: inWordsOf(current.expression, current.global),
    given: current.approvals.length,
    mine: whyNot(ctx, current, world).why === null,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
    settledAt: row.settledAt,
  };
}

export async function listApprovals(
  ctx: ReadContext,
  input: ListApprovalsInput,
): Promise<Listed<ApprovalRow>> {
  const world = await worldOf(ctx);
  if (input.mine) {
    const rows = (await selectPending(ctx.db)).map(row => rowOf(ctx, row, world)).filter(row => row.mine);
    const page = rows.slice(input.offset, input.offset + input.limit + 1);
    return paged(page, input, input.total ? rows.length : undefined);
  }
  const [rows, total] = await Promise.all([
    selectRequests(ctx.db, input),
    input.total ? countRequests(ctx.db, input) : undefined,
  ]);
  return paged(
    rows.map(row => rowOf(ctx, row, world)),
    input,
    total,
  );
}

/** For the badge: what waits for the caller, what waits at all, and reviews owed by others. */
export async function countWaiting(ctx: ReadContext) {
  const [world, pending, reviews] = await Promise.all([
    worldOf(ctx),
    selectPending(ctx.db),
    ctx.scope.reach === 'simulated' ? [] : selectOpenReviews(ctx.db),
  ]);
  const rows = pending.map(row => rowOf(ctx, row, world)).filter(row => row.state === 'pending');
  const mine = rows.filter(row => row.mine).length;
  return { count: mine, mine, open: rows.length, reviews: reviews.length };
}

export async function readApproval(ctx: ReadContext, id: string): Promise<ApprovalDetail> {
  const [row, world] = await Promise.all([findRequest(ctx.db, id), worldOf(ctx)]);
  if (!row) throw noSuchApproval(id);
  const current = caseOf(row);
  const { why, authority } = whyNot(ctx, current, world);
  const nameOf = (userId: string) => world.byId.get(userId)?.name ?? 'somebody unknown';
  const { shown, terms } = row;
  const given = authorities(current, world.voters);
  return {
    ...rowOf(ctx, row, world),
    procedure: row.procedure,
    input: row.sealedInput === null ? row.input : null,
    sealed: row.sealedInput !== null,
    scope: row.scope,
    digest: row.digest,
    policyVersion: row.policyVersion,
    policyTitle: approvalPolicyTitle(row.policyId),
    factors: terms.factors,
    plan: shown.plan,
    change: shown.change ? { before: shown.change.before, after: shown.change.after } : null,
    blast: shown.blast,
    reason: shown.reason ?? null,
    risk: shown.risk ?? null,
    cost: shown.cost ?? null,
    groups: groupsOf(current.expression, given),
    couldDecide: world.voters
      .filter(voter => mayNot(current, voter, voter) === null)
      .map(voter => voter.name)
      .slice(0, 20),
    decisions: row.decisions.map(d => ({
      decision: d.decision,
      approver: nameOf(d.approverId),
      onBehalfOf: d.authorityId === d.approverId ? null : nameOf(d.authorityId),
      method: d.method,
      reason: d.reason,
      token: d.token,
      at: new Date(d.at).toISOString(),
    })),
    releaseBy: row.releaseBy,
    releasedAt: row.releasedAt,
    outcome: row.outcome,
    whyNot: why,
    whyNotBreakGlass: await whyNotGlass(ctx, row, world),
    own: sameAs(row, ctx),
    onBehalfOf: authority && authority.id !== ctx.principal.id ? authority.name : null,
    review: row.breakGlass ? await findReviewOf(ctx.db, id) : null,
  };
}

async function whyNotGlass(ctx: ReadContext, row: RequestRow, world: World): Promise<string | null> {
  const by = world.byId.get(ctx.principal.id);
  const named = row.terms.breakGlass?.users ?? [];
  if (!by || named.length === 0) return whyNotInWords('not_named');
  const result = step(
    caseOf(row),
    {
      do: 'break_glass',
      by,
      named,
      ttlMs: 0,
      reviewOwed: await owes(ctx.db, by.id, row.policyId),
    },
    world.now,
  );
  return result.ok ? null : whyNotInWords(result.why);
}

/** By whoever asked, as long as it has not run. */
export async function withdrawApproval(
  ctx: CommandContext,
  { id, reason }: { id: string; reason: string },
): Promise<ApprovalDetail> {
  await settle(ctx, { id }, { do: 'withdraw', by: `${ctx.principal.kind}:${ctx.principal.id}` }, reason);
  return readApproval(ctx, id);
}
