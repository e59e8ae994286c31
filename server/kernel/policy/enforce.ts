import type { Database } from '../db/database.ts';
import { DomainError } from '../errors/domain-error.ts';
import { type Bucket, leasedTokens, takeToken } from '../http/rate-limit.ts';
import type { RequestContext } from '../trpc/context.ts';
import { auditDenial } from '../trpc/denial.ts';
import { applies, type Decision, type Held } from './combine.ts';
import { matches } from './evaluate.ts';
import { decideInForce, namedPolicies, policiesInForce } from './in-force.ts';
import type { PolicyDocument } from './kinds.ts';

const role = 'tenant';

/**
 * What policies add to permissions, for the tokens of tenants: an access policy may take a procedure away, a rate-limit
 * policy may slow it down. Neither ever grants anything: this runs only after the permission was found.
 */
export async function passPolicies(ctx: RequestContext, procedure: string): Promise<void> {
  const tenant = ctx.principal.tenantId;
  if (tenant === undefined) return;
  const access = await decideInForce(
    ctx,
    'access',
    { tenant, role, action: procedure, resource: procedure.split('.')[0] ?? procedure },
    speaksOfTenants,
  );
  if (access?.effect === 'deny') {
    await auditDenial(ctx, procedure, 'policy.access');
    throw new DomainError(
      'denied',
      'policy.access',
      `The access policy ${namedPolicies(access)} does not let tenants call ${procedure}.`,
      { policies: access.under },
    );
  }
  const limit = await decideInForce(ctx, 'rate-limit', { tenant, purpose: procedure });
  if (limit && (limit.effect === 'limit' || limit.effect === 'deny'))
    await spend(ctx, tenant, procedure, limit);
}

/** A policy about operators only leaves tenants alone; one that names their role decides everything they do. */
function speaksOfTenants({ content }: Held): boolean {
  if (content.kind !== 'access') return true;
  const { rules } = content.document as PolicyDocument<'access'>;
  return rules.some(rule => rule.roles.some(pattern => matches(pattern, role)));
}

async function spend(ctx: RequestContext, tenant: string, purpose: string, limit: Decision): Promise<void> {
  const perMinute = Number(limit.obligations.perMinute ?? 0);
  const bucket = {
    capacity: Math.max(Number(limit.obligations.burst ?? 0), 1),
    perSecond: perMinute / 60,
  };
  const refused = (retryAfter?: number) =>
    new DomainError(
      'rate_limited',
      'policy.rate_limit',
      `The rate-limit policy ${namedPolicies(limit)} lets a tenant call ${purpose} ${perMinute} times a minute.`,
      { policies: limit.under, ...(retryAfter === undefined ? {} : { retryAfter }) },
    );
  if (limit.effect === 'deny' || perMinute === 0) throw refused();
  const key = `policy:${tenant}:${await sharedBy(ctx.database, tenant, purpose)}`;
  try {
    // A lease of many at once would be more than a small limit allows.
    if (bucket.capacity < 200) await takeToken(ctx.database, key, bucket, ctx.clock.now());
    else await leased(ctx.database, bucket)(key, ctx.clock.now());
  } catch (error) {
    if (!(error instanceof DomainError && error.kind === 'rate_limited')) throw error;
    throw refused(Math.max(1, Math.ceil(1 / bucket.perSecond)));
  }
}

/** A limit is shared by everything its pattern matches: `tenants.*` is one allowance, not one for each procedure. */
async function sharedBy(database: Database, tenant: string, purpose: string): Promise<string> {
  return (await policiesInForce(database))
    .filter(h => h.content.kind === 'rate-limit' && applies(h.content, { tenant }))
    .map(({ content }) => {
      const { limits } = content.document as PolicyDocument<'rate-limit'>;
      const limit = limits.find(l => !l.purpose || matches(l.purpose, purpose));
      return limit ? `${content.id}=${limit.purpose ?? '*'}` : '';
    })
    .filter(Boolean)
    .join(',');
}

const leases = new WeakMap<Database, Map<string, ReturnType<typeof leasedTokens>>>();
function leased(database: Database, bucket: Bucket) {
  const of = leases.get(database) ?? new Map<string, ReturnType<typeof leasedTokens>>();
  leases.set(database, of);
  const name = `${bucket.capacity}/${bucket.perSecond}`;
  const known = of.get(name) ?? leasedTokens(database, bucket);
  if (of.size > 100) of.clear();
  of.set(name, known);
  return known;
}
