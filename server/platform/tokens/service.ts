import { type JwtKeyRow, newJwtKey, signTenantToken } from '#kernel/auth/jwt.ts';
import { maxTenantTokenMinutes } from '#kernel/auth/session.ts';
import { newApiToken } from '#kernel/auth/tokens.ts';
import { permissionsOf } from '#kernel/authz/authz.ts';
import type { Permission, Role } from '#kernel/authz/permission.ts';
import { takeToken } from '#kernel/http/rate-limit.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { type Listed, paged } from '#kernel/trpc/list.ts';
import { readTenant } from '#server/federation/tenants/service.ts';
import { noSuchTenantForToken, noSuchToken, permissionsBeyondRoles } from './errors.ts';
import { tokenEvent } from './events.ts';
import type { CreateTokenInput, ListTokensInput, TokenListRow } from './schema.ts';
import {
  countTokens,
  findJwtKey,
  findToken,
  insertJwtKey,
  insertToken,
  retireJwtKeys,
  revokeToken,
  selectJwtKeys,
  selectTokens,
} from './store.ts';

export async function listTokens(ctx: ReadContext, input: ListTokensInput): Promise<Listed<TokenListRow>> {
  const now = ctx.clock.now();
  const [rows, total] = await Promise.all([
    selectTokens(ctx.db, input, now),
    input.total ? countTokens(ctx.db, input, now) : undefined,
  ]);
  return paged(rows, input, total);
}

export async function createToken(ctx: CommandContext, input: CreateTokenInput) {
  const given = permissionsOf(input.roles as Role[]);
  const extra = input.permissions.filter(p => !given.includes(p as Permission));
  if (extra.length > 0) throw permissionsBeyondRoles(extra);
  if (input.tenantId !== undefined) await activeTenant(ctx, input.tenantId);
  const now = ctx.clock.now();
  const id = uuidv7(now.getTime());
  const { secret, hash, hint } = newApiToken();
  await ctx.commit(
    tokenEvent('token.created', id, {
      name: input.name,
      roles: input.roles,
      permissions: input.permissions,
      tenant: input.tenantId ?? null,
    }),
    tx =>
      insertToken(tx, {
        id,
        name: input.name,
        hash,
        hint,
        createdBy: ctx.principal.name,
        roles: input.roles,
        permissions: input.permissions,
        tenantId: input.tenantId ?? null,
        createdAt: now,
        expiresAt: new Date(now.getTime() + input.expiresInDays * 86_400_000),
      }),
  );
  return { token: await readToken(ctx, id), secret };
}

export async function revokeApiToken(
  ctx: CommandContext,
  { id, reason }: { id: string; reason: string },
): Promise<TokenListRow> {
  const token = await readToken(ctx, id);
  await ctx.commit(tokenEvent('token.revoked', id, { name: token.name, reason }), async tx => {
    if (!(await revokeToken(tx, id, ctx.clock.now()))) throw noSuchToken(id);
  });
  return readToken(ctx, id);
}

/** A token for one tenant's own services: sees that tenant and nothing else. */
export async function issueTenantToken(ctx: CommandContext, input: { tenantId: string; minutes: number }) {
  await takeToken(
    ctx.database,
    `tenant-token:${ctx.principal.kind}:${ctx.principal.id}`,
    { capacity: 60, perSecond: 1 },
    ctx.clock.now(),
  );
  await activeTenant(ctx, input.tenantId);
  const key = await signingKey(ctx);
  const { token, jti, expiresAt } = await signTenantToken(
    key,
    input.tenantId,
    input.minutes,
    ctx.clock.now(),
  );
  await ctx.commit(
    {
      ...tokenEvent('token.tenant_issued', jti, { minutes: input.minutes, key: key.id }),
      tenantId: input.tenantId,
    },
    async () => {},
  );
  return { token, expiresAt: expiresAt.toISOString() };
}

/**
 * A new signing key. Tokens of the old one are good until they expire; when it may have leaked, `immediately` ends them
 * at once.
 */
export async function rotateTenantKey(
  ctx: CommandContext,
  { immediately, reason }: { immediately: boolean; reason: string },
): Promise<{ keyId: string }> {
  const key = await newJwtKey();
  const now = ctx.clock.now();
  const retired = immediately ? new Date(now.getTime() - maxTenantTokenMinutes * 60_000) : now;
  await ctx.commit(tokenEvent('token.key_rotated', key.id, { reason, immediately }), async tx => {
    await retireJwtKeys(tx, retired);
    await insertJwtKey(tx, key, now);
  });
  return { keyId: key.id };
}

export async function listTenantKeys(ctx: ReadContext) {
  const now = ctx.clock.now().getTime();
  const rows = (await selectJwtKeys(ctx.db)).map(({ algorithm, ...key }) => {
    const until = key.retiredAt === null ? 0 : Date.parse(key.retiredAt) + maxTenantTokenMinutes * 60_000;
    return {
      ...key,
      algorithm: algorithm ?? 'not stated',
      goodUntil: until > now ? new Date(until).toISOString() : null,
    };
  });
  return { rows, maxTokenMinutes: maxTenantTokenMinutes };
}
/** The key that signs now, for tenants' tokens and for decisions; made when first needed. */
export const signingKey = async (ctx: CommandContext): Promise<JwtKeyRow> =>
  (await findJwtKey(ctx.ownWrites())) ?? makeKey(ctx);

async function makeKey(ctx: CommandContext) {
  const key = await newJwtKey();
  await ctx.commit(tokenEvent('token.key_made', key.id), tx => insertJwtKey(tx, key, ctx.clock.now()));
  return key;
}

async function activeTenant(ctx: ReadContext, id: string): Promise<void> {
  const tenant = await readTenant(ctx, id).catch(() => null);
  if (tenant?.state !== 'active') throw noSuchTenantForToken(id);
}

async function readToken(ctx: ReadContext, id: string): Promise<TokenListRow> {
  const found = await findToken(ctx.db, id);
  if (!found) throw noSuchToken(id);
  return found;
}
