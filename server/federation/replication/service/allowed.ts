import { DomainError } from '#kernel/errors/domain-error.ts';
import { refusedConsents } from '#kernel/policy/consent.ts';
import { decideInForce, namedPolicies, policiesInForce } from '#kernel/policy/in-force.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { knownRegions, readRegion } from '#server/federation/regions/service.ts';
import type { TenantDetail } from '#server/federation/tenants/schema.ts';
import { refusedResidency } from '#server/federation/tenants/service/residency.ts';
import { readTenants } from '#server/federation/tenants/service.ts';
import { flowJudge } from '#server/federation/trust/service.ts';
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
  for (const name of [input.publisher, input.subscriber]) {
    const region = await orNull(readRegion(ctx, name));
    const why = !region
      ? `${name} is not registered`
      : region.state === 'active' || region.state === 'degraded'
        ? null
        : `${name} is ${region.state}`;
    say(`region.${name}`, `Region ${name} takes part`, why, `it is ${region?.state ?? 'unknown'}`);
    if (region?.environment === 'production') production = true;
  }
  const tenants = await readTenants(ctx, input.tenants);
  if (tenants.some(tenant => tenant.environment === 'production')) production = true;
  const refused = await refusalsOf(ctx, input);
  const about = (what: Refusal['about']) => textOf(refused.filter(r => r.about === what).map(r => r.reason));
  say(
    'residency',
    'Every tenant may lie in the subscriber’s region',
    about('residency'),
    `${input.tenants.length} tenants may`,
  );
  say(
    'consent',
    input.raw
      ? 'Every tenant consented to replication of personal data'
      : 'No consent policy denies replication',
    about('consent'),
    input.raw ? 'all of them did' : 'none does; personal columns stay at home',
  );
  return { checks, production: production || input.raw };
}

export interface Refusal {
  tenant: string;
  about: 'residency' | 'consent';
  reason: string;
}

type Asked = Pick<StreamInput, 'publisher' | 'subscriber' | 'tenants' | 'raw'>;

/**
 * Why rows of these tenants may not go from one region to the other as things are now: the tenants' own words, the
 * policies in force and the rules of the federation. Whatever makes, keeps or relies on a mirror asks here.
 */
export async function refusalsOf(ctx: ReadContext, flow: Asked): Promise<Refusal[]> {
  const [regions, tenants, held, judge] = await Promise.all([
    knownRegions(ctx),
    readTenants(ctx, flow.tenants),
    policiesInForce(ctx.database),
    flowJudge(ctx),
  ]);
  const target = regions.find(region => region.id === flow.subscriber);
  const known = new Map(tenants.map(tenant => [tenant.id, tenant]));
  const found: Refusal[] = [];
  for (const id of flow.tenants) {
    const say = (about: Refusal['about'], reason: string) => found.push({ tenant: id, about, reason });
    const tenant = known.get(id);
    if (!tenant) {
      say('residency', `there is no tenant ${id}`);
      continue;
    }
    const where = target ? await refusedResidency(ctx, tenant, target) : null;
    const refused = where ?? refusedFlow(judge, flow, tenant);
    if (refused) say('residency', refused);
    for (const reason of await refusedConsent(ctx, tenant, flow.raw, held)) say('consent', reason);
  }
  return found;
}

/** What the federation's own rules say of this class of data between these two regions. */
function refusedFlow(
  judge: Awaited<ReturnType<typeof flowJudge>>,
  { publisher, subscriber }: Asked,
  tenant: TenantDetail,
): string | null {
  const classes = tenant.dataClasses.length > 0 ? tenant.dataClasses : (['public'] as const);
  for (const dataClass of classes) {
    const { allowed, reason } = judge({ from: publisher, to: subscriber, dataClass });
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
