import type { ApprovalRequired } from '#kernel/approvals/schema.ts';
import { isProduction } from '#kernel/env/production.ts';
import { DomainError, type FieldIssue } from '#kernel/errors/domain-error.ts';
import type { Json } from '#kernel/ledger/event.ts';
import { refusedConsents } from '#kernel/policy/consent.ts';
import { decideInForce, namedPolicies, policiesInForce } from '#kernel/policy/in-force.ts';
import { askStreamsJob } from '#kernel/regions/ask-streams.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import type { Listed } from '#kernel/trpc/list.ts';
import { paged } from '#kernel/trpc/list.ts';
import { knownRegions } from '#server/federation/regions/service.ts';
import {
  alreadyIn,
  badResidency,
  deniedByPolicy,
  needsApproval,
  noSuchTenant,
  simulationOnly,
  slugTaken,
  staleVersion,
} from './errors.ts';
import { tenantEvent } from './events.ts';
import { changesOf, type Residency, residencyIssues } from './rules.ts';
import type {
  ChangedStates,
  ChangeStatesInput,
  CreateTenantInput,
  ListTenantsInput,
  MatchingTenantsInput,
  TenantDetail,
  TenantPatch,
  TenantRow,
  TenantScope,
  TenantUpdated,
} from './schema.ts';
import { misplacedOf } from './service/misplaced.ts';
import {
  countByFacet,
  countTenants,
  findTenant,
  findTenants,
  insertTenant,
  selectMatchingIds,
  selectTenants,
  updateTenant,
} from './store.ts';

export async function listTenants(ctx: ReadContext, input: ListTenantsInput): Promise<Listed<TenantRow>> {
  const [rows, total] = await Promise.all([
    selectTenants(ctx.db, input),
    input.total ? countTenants(ctx.db, input) : undefined,
  ]);
  return paged(rows, input, total);
}

export async function listMatchingTenants(
  ctx: ReadContext,
  input: MatchingTenantsInput,
): Promise<{ ids: string[]; next: string | null }> {
  const found = await selectMatchingIds(ctx.db, input);
  const ids = found.slice(0, input.limit);
  return { ids, next: found.length > input.limit ? (ids.at(-1) ?? null) : null };
}

export async function readTenantFacets(ctx: ReadContext, scope?: TenantScope) {
  const facets: Record<'state' | 'environment' | 'tier' | 'region', Record<string, number>> = {
    state: {},
    environment: {},
    tier: {},
    region: {},
  };
  for (const row of await countByFacet(ctx.db, scope))
    for (const name of ['state', 'environment', 'tier', 'region'] as const)
      facets[name][row[name]] = (facets[name][row[name]] ?? 0) + row.n;
  return facets;
}

export async function readTenant(ctx: ReadContext, id: string): Promise<TenantDetail> {
  const found = await findTenant(ctx.db, id);
  if (!found) throw noSuchTenant(id);
  return found;
}

/** Several at once, for systems that ask about many; who is unknown is left out. */
export const readTenants = (ctx: ReadContext, ids: readonly string[]): Promise<TenantDetail[]> =>
  findTenants(ctx.db, ids);

export async function createTenant(ctx: CommandContext, input: CreateTenantInput): Promise<TenantDetail> {
  const anonymous = ctx.scope.reach === 'simulated';
  if (anonymous && input.environment === 'production') throw simulationOnly();
  await requireResidency(ctx, input);
  await requirePolicies(ctx, input, policyFields);
  await ctx.commit(
    tenantEvent('tenant.created', input.id, {
      name: input.name,
      environment: input.environment,
      tier: input.tier,
      homeRegion: input.homeRegion,
    }),
    async tx => {
      const simulated = anonymous || input.environment === 'simulation';
      if (!(await insertTenant(tx, input, simulated, ctx.clock.now()))) throw slugTaken(input.id);
    },
    { tenantId: input.id },
  );
  return readTenant(ctx, input.id);
}

export async function updateTenantDetails(
  ctx: CommandContext,
  input: { id: string; version: number; patch: TenantPatch },
): Promise<TenantUpdated> {
  const answer = async (tenant: TenantDetail) => ({
    ...tenant,
    misplaced: await misplacedOf({ ...ctx, db: ctx.ownWrites() }, tenant.id),
  });
  const current = await readTenant(ctx, input.id);
  if (current.version !== input.version) throw staleVersion(current);
  const changes = changesOf(current, input.patch);
  if (changes.length === 0) {
    ctx.unchanged();
    return answer(current);
  }
  const next = { ...current, ...defined(input.patch) };
  await requireResidency(ctx, next);
  const touched = new Set(changes.map(change => change.field));
  await requirePolicies(
    ctx,
    next,
    policyFields.filter(field => touched.has(field)),
    current.consents,
  );
  const diff = Object.fromEntries(changes.map(c => [c.field, { from: c.from as Json, to: c.to as Json }]));
  await ctx.commit(
    tenantEvent(
      'tenant.updated',
      input.id,
      diff,
      policyFields.some(f => touched.has(f)) ? [askStreamsJob()] : [],
    ),
    async tx => {
      if (!(await updateTenant(tx, input.id, input.version, input.patch, ctx.clock.now())))
        throw staleVersion(current);
    },
    { tenantId: input.id },
  );
  return answer(await readTenant(ctx, input.id));
}

/** The last step of a move, which made sure of the data before: what the tenant itself and the policies say is asked again. */
export async function switchHome(
  ctx: CommandContext,
  { id, from, to, move }: { id: string; from: string; to: string; move: string },
): Promise<void> {
  const current = await readTenant({ ...ctx, db: ctx.ownWrites() }, id);
  if (current.homeRegion === to) return;
  if (current.homeRegion !== from) throw staleVersion(current);
  const next = { ...current, homeRegion: to };
  await requireResidency(ctx, next);
  await requirePolicies(ctx, next, ['homeRegion']);
  await ctx.commit(
    tenantEvent('tenant.moved', id, { from, to, move }, [askStreamsJob()]),
    async tx => {
      if (!(await updateTenant(tx, id, current.version, { homeRegion: to }, ctx.clock.now())))
        throw staleVersion(current);
    },
    { tenantId: id },
  );
}

/** A production tenant's tokens do not stop by one person's word. */
export async function suspendTenant(
  ctx: CommandContext,
  input: { id: string; reason: string },
): Promise<TenantDetail | ApprovalRequired> {
  const current = await readTenant(ctx, input.id);
  if (current.state === 'suspended') throw alreadyIn(input.id, 'suspended');
  const waits = await ctx.requireApproval('tenant.suspend', {
    title: `Suspend ${current.name}`,
    subject: { kind: 'tenant', id: current.id },
    scope: { tenantId: current.id, target: { version: current.version } },
    facts: { production: isProduction(current) },
    reason: input.reason,
    plan: [`Refuse every token of ${current.id} from then on`, 'Leave its data where it is'],
    change: { before: { state: current.state }, after: { state: 'suspended' } },
    blast: `One tenant, ${current.id}: its services lose access at once.`,
    ...(current.simulated ? { simulated: true } : {}),
  });
  return waits ?? changeState(ctx, input, 'suspended', 'tenant.suspended');
}

export const reinstateTenant = (ctx: CommandContext, input: { id: string; reason: string }) =>
  changeState(ctx, input, 'active', 'tenant.reinstated');

async function changeState(
  ctx: CommandContext,
  input: { id: string; reason: string },
  to: 'active' | 'suspended',
  event: 'tenant.suspended' | 'tenant.reinstated',
): Promise<TenantDetail> {
  const current = await readTenant(ctx, input.id);
  if (current.state === to) throw alreadyIn(input.id, to);
  await ctx.commit(
    tenantEvent(event, input.id, { reason: input.reason, from: current.state, to }),
    async tx => {
      if (!(await updateTenant(tx, input.id, current.version, { state: to }, ctx.clock.now())))
        throw staleVersion(current);
    },
    { tenantId: input.id },
  );
  return readTenant(ctx, input.id);
}

/**
 * Several at once, each in a transaction and an entry of its own: one that cannot be changed says why and keeps none of
 * the others back. Repeated, it finds what is so already and writes nothing for it.
 */
export async function changeStates(ctx: CommandContext, input: ChangeStatesInput): Promise<ChangedStates> {
  const done: ChangedStates = { changed: [], already: [], failed: [] };
  for (const id of input.ids)
    try {
      await (input.to === 'suspended' ? suspendAtOnce : reinstateTenant)(ctx, { id, reason: input.reason });
      done.changed.push(id);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (error.code === 'tenant.state') done.already.push(id);
      else done.failed.push({ id, code: error.code, message: error.message });
    }
  if (done.changed.length === 0) ctx.unchanged();
  return done;
}

/** Of several at once, those that one person may suspend; a request for approval is about one tenant and its plan. */
async function suspendAtOnce(
  ctx: CommandContext,
  input: { id: string; reason: string },
): Promise<TenantDetail> {
  const current = await readTenant(ctx, input.id);
  if (isProduction(current) && current.state !== 'suspended') throw needsApproval(input.id);
  return changeState(ctx, input, 'suspended', 'tenant.suspended');
}

async function requireResidency(ctx: ReadContext, residency: Residency): Promise<void> {
  const issues = residencyIssues(residency, await knownRegions(ctx));
  if (issues.length > 0) throw badResidency(issues);
}

const policyFields = ['homeRegion', 'allowedRegions', 'dataClasses', 'consents'] as const;
type PolicyField = (typeof policyFields)[number];

/** A later policy does not keep anybody from mending something else: only what is being changed is asked about. */
async function requirePolicies(
  ctx: ReadContext,
  tenant: Pick<TenantDetail, 'id' | PolicyField>,
  changed: readonly PolicyField[],
  consentedBefore: readonly string[] = [],
): Promise<void> {
  const issues: FieldIssue[] = [];
  if (changed.some(field => field !== 'consents')) {
    const countries = new Map((await knownRegions(ctx)).map(region => [region.id, region.country]));
    // Who names no class holds nothing but what anybody may see.
    const classes = tenant.dataClasses.length > 0 ? tenant.dataClasses : (['public'] as const);
    for (const region of new Set([tenant.homeRegion, ...tenant.allowedRegions]))
      for (const dataClass of classes) {
        const country = countries.get(region);
        const question = { tenant: tenant.id, region, dataClass, ...(country ? { country } : {}) };
        const decision = await decideInForce(ctx, 'residency', question);
        if (decision?.effect !== 'deny') continue;
        const field = region === tenant.homeRegion ? 'homeRegion' : 'allowedRegions';
        const message = `The residency policy ${namedPolicies(decision)} denies ${region} for ${dataClass} data.`;
        if (!issues.some(issue => issue.message === message)) issues.push({ field, message });
      }
  }
  if (changed.includes('consents')) {
    const fresh = tenant.consents.filter(purpose => !consentedBefore.includes(purpose));
    for (const found of refusedConsents(await policiesInForce(ctx.database), tenant.id, fresh))
      issues.push({
        field: 'consents',
        message: `The consent policy “${found.policy}” (version ${found.version}) denies ${found.purpose}.`,
      });
  }
  if (issues.length > 0) throw deniedByPolicy(issues);
}

const defined = <T extends object>(patch: T) =>
  Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
