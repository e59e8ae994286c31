import { DomainError } from '#kernel/errors/domain-error.ts';
import { refusedConsents } from '#kernel/policy/consent.ts';
import { decideInForce, namedPolicies, policiesInForce } from '#kernel/policy/in-force.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { readRegion } from '#server/federation/regions/service.ts';
import type { TenantDetail } from '#server/federation/tenants/schema.ts';
import { refusedResidency } from '#server/federation/tenants/service/residency.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { mayReplicate } from '#server/federation/trust/service.ts';
import type { Check, StreamInput } from '../schema.ts';

/** What the console itself has to say before data leaves a region: residency, consent, and whether the regions are there. */
export async function consoleChecks(
  ctx: ReadContext,
  input: Pick<StreamInput, 'publisher' | 'subscriber' | 'tenants' | 'raw'>,
): Promise<{ checks: Check[]; production: boolean }> {
  const checks: Check[] = [];
  let production = false;
  const say = (id: string, title: string, why: string | null, found: string) =>
    checks.push({
      id: `console.${id}`,
      side: 'console',
      table: null,
      title,
      result: why === null ? 'pass' : 'fail',
      found: why ?? found,
      mend: null,
      restart: false,
    });
  const regions = [];
  for (const name of [input.publisher, input.subscriber]) {
    const region = await orNull(readRegion(ctx, name));
    const why = !region
      ? `${name} is not registered`
      : region.state === 'active' || region.state === 'degraded'
        ? null
        : `${name} is ${region.state}`;
    say(`region.${name}`, `Region ${name} takes part`, why, `it is ${region?.state ?? 'unknown'}`);
    if (region?.environment === 'production') production = true;
    regions.push(region);
  }
  const target = regions[1];
  const held = await policiesInForce(ctx.database);
  const residency: string[] = [];
  const consent: string[] = [];
  for (const id of input.tenants) {
    const tenant = await orNull(readTenant(ctx, id));
    if (!tenant) {
      residency.push(`there is no tenant ${id}`);
      continue;
    }
    if (tenant.environment === 'production') production = true;
    const refused = target
      ? ((await refusedResidency(ctx, tenant, target)) ?? (await refusedFlow(ctx, input, tenant)))
      : null;
    if (refused) residency.push(refused);
    consent.push(...(await refusedConsent(ctx, tenant, input.raw, held)));
  }
  say(
    'residency',
    'Every tenant may lie in the subscriber’s region',
    textOf(residency),
    `${input.tenants.length} tenants may`,
  );
  say(
    'consent',
    input.raw
      ? 'Every tenant consented to replication of personal data'
      : 'No consent policy denies replication',
    textOf(consent),
    input.raw ? 'all of them did' : 'none does; personal columns stay at home',
  );
  return { checks, production: production || input.raw };
}

/** What the federation's own rules say of this class of data between these two regions. */
async function refusedFlow(
  ctx: ReadContext,
  { publisher, subscriber }: Pick<StreamInput, 'publisher' | 'subscriber'>,
  tenant: TenantDetail,
): Promise<string | null> {
  const classes = tenant.dataClasses.length > 0 ? tenant.dataClasses : (['public'] as const);
  for (const dataClass of classes) {
    const { allowed, reason } = await mayReplicate(ctx, { from: publisher, to: subscriber, dataClass });
    if (!allowed) return `${tenant.id}: ${reason}`;
  }
  return null;
}

async function refusedConsent(
  ctx: ReadContext,
  tenant: TenantDetail,
  raw: boolean,
  held: Parameters<typeof refusedConsents>[0],
): Promise<string[]> {
  const denied = refusedConsents(held, tenant.id, ['replication']);
  if (denied.length > 0)
    return denied.map(
      d => `the consent policy “${d.policy}” (version ${d.version}) denies replication of ${tenant.id}`,
    );
  if (!raw || tenant.consents.includes('replication')) return [];
  const decision = await decideInForce(ctx, 'consent', { tenant: tenant.id, purpose: 'replication' });
  if (decision?.effect === 'allow') return [];
  return [
    `${tenant.id} has not consented to replication${decision ? `, nor does ${namedPolicies(decision)} grant it` : ''}`,
  ];
}

const textOf = (found: readonly string[]): string | null => (found.length === 0 ? null : found.join('; '));

const orNull = <T>(found: Promise<T>): Promise<T | null> =>
  found.catch(error => {
    if (error instanceof DomainError && error.kind === 'not_found') return null;
    throw error;
  });
