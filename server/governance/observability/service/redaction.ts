import { env } from '#kernel/env/env.ts';
import { invalid } from '#kernel/errors/domain-error.ts';
import { decideInForce } from '#kernel/policy/in-force.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { noSuchTenant } from '../errors.ts';
import { telemetryEvent } from '../events.ts';
import { createRedactor, type Redactor } from '../rules/redact/redactor.ts';
import { makeToken, openToken, type TokenKeys } from '../rules/redact/tokens.ts';
import type { RevealInput } from '../schema.ts';
import { tenantsOf } from './tenants.ts';

const known = new Map<string, Buffer>();
const keys: TokenKeys = {
  of: tenantId => {
    const found = known.get(tenantId);
    if (found) return found;
    if (known.size > 20_000) known.clear();
    const made = env().secret(`telemetry-token:${tenantId}`, 64);
    known.set(tenantId, made);
    return made;
  },
};

/** A deployment's master secret changes in tests only. */
export const forgetTokenKeys = (): void => known.clear();

/** Addresses of the internet are personal: they stay only where a consent policy grants the tenant's analytics. */
async function keepsAddresses(
  from: Pick<ReadContext, 'database' | 'clock'>,
  tenant: string,
): Promise<boolean> {
  const decision = await decideInForce(from, 'consent', { tenant, purpose: 'analytics' });
  return decision?.effect === 'allow';
}

export async function redactorFor(
  from: Pick<ReadContext, 'database' | 'clock'>,
  tenantId: string,
): Promise<Redactor> {
  return createRedactor((kind, value) => makeToken(keys, tenantId, kind, value), {
    keepAddresses: await keepsAddresses(from, tenantId),
  });
}

/** Turns tokens back for who may know; that it was asked stays in the ledger, what came out does not. */
export async function reveal(
  ctx: CommandContext,
  input: RevealInput,
): Promise<{ values: { token: string; kind: string; value: string }[] }> {
  if (!(await tenantsOf(ctx)).has(input.tenantId)) throw noSuchTenant(input.tenantId);
  const values = input.tokens.flatMap(token => {
    const opened = openToken(keys, input.tenantId, token);
    return opened ? [{ token, ...opened }] : [];
  });
  if (values.length === 0)
    throw invalid('telemetry.no_token', 'None of these is a token of this tenant.', [
      { field: 'tokens', message: 'No token of this tenant.' },
    ]);
  const detail = {
    count: values.length,
    kinds: [...new Set(values.map(v => v.kind))].sort(),
    reason: input.reason,
  };
  await ctx.commit(
    telemetryEvent('telemetry.revealed', detail, {
      tenantId: input.tenantId,
      target: { kind: 'tenant', id: input.tenantId },
    }),
    async () => {},
    { tenantId: input.tenantId },
  );
  return { values };
}
