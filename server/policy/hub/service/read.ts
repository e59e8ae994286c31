import { env } from '#kernel/env/env.ts';
import type { Decision, Held } from '#kernel/policy/combine.ts';
import type { Question } from '#kernel/policy/evaluate.ts';
import { decideInForce, decideUnder, policiesInForce } from '#kernel/policy/in-force.ts';
import { type PolicyKind, policyContent } from '#kernel/policy/kinds.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { type Listed, paged } from '#kernel/trpc/list.ts';
import { noSuchPolicy, noSuchRollout, noSuchVersion } from '../errors.ts';
import type { ListPoliciesInput, PolicyDetail, PolicyRow, RolloutRow, VersionRow } from '../schema.ts';
import { findPolicy, findVersion, type StoredVersion, versionsOf } from '../store/policies.ts';
import {
  activeAt,
  activeContents,
  countMesh,
  countPolicies,
  findRollout,
  fleetOf,
  membersView,
  selectPolicies,
  selectRollouts,
} from '../store/views.ts';
import { hubName } from './console-signing.ts';

export async function listPolicies(ctx: ReadContext, input: ListPoliciesInput): Promise<Listed<PolicyRow>> {
  const [rows, total] = await Promise.all([
    selectPolicies(ctx.db, input),
    input.total ? countPolicies(ctx.db, input) : undefined,
  ]);
  // Tenants see no relays, so for them there is nothing to count.
  const fleet =
    ctx.scope.tenantId === undefined
      ? await fleetOf(
          ctx.db,
          rows.map(row => row.id),
        )
      : [];
  const of = new Map(fleet.map(f => [f.id, f]));
  return paged(
    rows.map(row => ({ ...row, holding: of.get(row.id)?.holding ?? 0, relays: of.get(row.id)?.relays ?? 0 })),
    input,
    total,
  );
}

const shown = (v: StoredVersion): VersionRow => ({
  version: v.version,
  hash: v.hash,
  state: v.state as VersionRow['state'],
  author: v.author,
  signedOnBehalf: v.signedOnBehalf,
  simulationKey: v.simulationKey,
  rollbackOf: v.rollbackOf,
  reason: v.reason,
  expires: v.expires,
  createdAt: v.createdAt,
});

export async function readPolicy(
  ctx: ReadContext,
  input: { id: string; version?: number | undefined },
): Promise<PolicyDetail> {
  const policy = await findPolicy(ctx.db, input.id);
  if (!policy) throw noSuchPolicy(input.id);
  const wanted = input.version ?? policy.activeVersion ?? policy.latestVersion;
  const [version, versions] = await Promise.all([
    findVersion(ctx.db, input.id, wanted),
    versionsOf(ctx.db, input.id),
  ]);
  if (!version) throw noSuchVersion(input.id, wanted);
  const content = policyContent.parse(JSON.parse(version.content.toString('utf8')));
  return {
    ...policy,
    state: policy.state as PolicyDetail['state'],
    version: shown(version),
    document: content.document as Record<string, unknown>,
    staleness: content.staleness,
    statement: JSON.parse(version.statement),
    versions: versions.map(shown),
  };
}

export const listRollouts = (
  ctx: ReadContext,
  input: { policy?: string | undefined; limit: number },
): Promise<RolloutRow[]> => selectRollouts(ctx.db, input.policy ?? null, input.limit);

export async function readRollout(ctx: ReadContext, id: string) {
  const found = await findRollout(ctx.db, id);
  if (!found) throw noSuchRollout(id);
  return { ...found, relays: await membersView(ctx.db, id) };
}

export const syncBudgetMs = 2000;

export async function readHubStatus(ctx: ReadContext) {
  const c = await countMesh(ctx.db, ctx.clock.now());
  const ok = c.quarantined === 0 && c.stale === 0 && (c.p99 ?? 0) <= syncBudgetMs;
  return {
    status: ok ? ('ok' as const) : ('degraded' as const),
    system: 'policies' as const,
    simulated: env().simulation,
    hub: hubName(),
    head: c.head,
    epoch: c.epoch,
    policies: { active: c.activePolicies, revoked: c.revokedPolicies },
    relays: {
      admitted: c.admitted,
      connected: c.connected,
      pending: c.pending,
      quarantined: c.quarantined,
      stale: c.stale,
    },
    rollouts: { open: c.open, lastDay: c.lastDay, withdrawnLastDay: c.withdrawnLastDay },
    sync: { p50: c.p50, p99: c.p99, samples: c.samples, budgetMs: syncBudgetMs },
  };
}

/** The active policies, as whoever asks may see them. */
export async function activePolicies(ctx: Pick<ReadContext, 'db'>): Promise<Held[]> {
  return (await activeContents(ctx.db)).map(row => ({
    content: policyContent.parse(JSON.parse(row.content.toString('utf8'))),
    version: row.version,
    hash: row.hash,
    epoch: row.epoch,
  }));
}

/** What the active policies say to whoever asks: tenants hear the installation's and their own, and nobody else's. */
export async function decideHere(
  ctx: ReadContext,
  kind: PolicyKind,
  question: Question,
): Promise<Decision | null> {
  const { tenantId } = ctx.scope;
  if (tenantId === undefined) return decideInForce(ctx, kind, question);
  const visible = (held: Held) =>
    held.content.scope.tenant === undefined || held.content.scope.tenant === tenantId;
  if (question.tenant === undefined || question.tenant === tenantId)
    return decideInForce(ctx, kind, { ...question, tenant: tenantId }, visible);
  // About somebody else only what holds for everybody is said, and nothing is written down in that one's name.
  const held = (await policiesInForce(ctx.database)).filter(visible);
  return decideUnder(kind, held, question, ctx.clock.now());
}

export const readActiveAt = (ctx: ReadContext, input: { at: string; region?: string | undefined }) =>
  activeAt(ctx.db, new Date(input.at), input.region ?? null);
