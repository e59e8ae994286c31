import { z } from 'zod';
import { roles } from '#kernel/authz/permission.ts';
import { facet, listInput, listOutput } from '#kernel/trpc/list.ts';

export const createTokenInput = z.strictObject({
  name: z.string().trim().min(1, 'Name what will use it.').max(80),
  roles: z.array(z.enum(roles)).min(1, 'Give at least one role.').max(roles.length),
  /** Empty = all permissions of the roles. */
  permissions: z
    .array(z.string().regex(/^[a-z-]+:[a-z-]+$/))
    .max(100)
    .default([]),
  tenantId: z.string().max(63).optional(),
  expiresInDays: z.int().min(1).max(365).default(90),
});
export type CreateTokenInput = z.output<typeof createTokenInput>;
export const tokenRow = z.object({
  id: z.uuid(),
  name: z.string(),
  hint: z.string(),
  createdBy: z.string(),
  roles: z.array(z.string()),
  permissions: z.array(z.string()),
  tenantId: z.string().nullable(),
  createdAt: z.string(),
  expiresAt: z.string(),
  lastUsedAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
});
export type TokenListRow = z.output<typeof tokenRow>;
export const tokenStates = ['active', 'expired', 'revoked'] as const;
export const listTokensInput = listInput(['createdAt', 'name', 'expiresAt', 'lastUsedAt'], {
  state: facet(tokenStates),
});
export type ListTokensInput = z.output<typeof listTokensInput>;
export const tokenList = listOutput(tokenRow);
export const createdToken = z.object({ token: tokenRow, secret: z.string() });
export const revokeTokenInput = z.strictObject({
  id: z.uuid(),
  reason: z.string().trim().min(3, 'Say why, in a few words.').max(500),
});
export const tenantTokenInput = z.strictObject({
  tenantId: z.string().min(1).max(63),
  minutes: z.int().min(1).max(60).default(15),
});
export const tenantToken = z.object({ token: z.string(), expiresAt: z.string() });
export const rotateKeyInput = z.strictObject({
  reason: z.string().trim().min(3, 'Say why, in a few words.').max(500),
  immediately: z.boolean().default(false),
});
/** A key that signs, or signed, tenants' tokens; the private half never leaves the server. */
export const tenantKey = z.object({
  id: z.string(),
  algorithm: z.string(),
  createdAt: z.string(),
  retiredAt: z.string().nullable(),
  /** Until when its tokens may still be good; null while it signs, and after that moment. */
  goodUntil: z.string().nullable(),
});
export type TenantKeyRow = z.output<typeof tenantKey>;
export const tenantKeys = z.object({ rows: z.array(tenantKey), maxTokenMinutes: z.int() });
export const rotatedKey = z.object({ keyId: z.string() });
