import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import {
  createdToken,
  createTokenInput,
  listTokensInput,
  revokeTokenInput,
  rotatedKey,
  rotateKeyInput,
  tenantKeys,
  tenantToken,
  tenantTokenInput,
  tokenList,
  tokenRow,
} from './schema.ts';
import {
  createToken,
  issueTenantToken,
  listTenantKeys,
  listTokens,
  revokeApiToken,
  rotateTenantKey,
} from './service.ts';

const stepUp = { maxAgeMinutes: 10 };

export const tokensRouter = router({
  list: read({ permission: 'token:read' })
    .input(listTokensInput)
    .output(tokenList)
    .query(({ ctx, input }) => listTokens(ctx, input)),
  create: command({ permission: 'token:write', audit: 'token.created', stepUp })
    .input(createTokenInput)
    .output(createdToken)
    .mutation(({ ctx, input }) => createToken(ctx, input)),
  revoke: command({ permission: 'token:write', audit: 'token.revoked', stepUp, protects: true })
    .input(revokeTokenInput)
    .output(tokenRow)
    .mutation(({ ctx, input }) => revokeApiToken(ctx, input)),
  keys: read({ permission: 'token:read' })
    .output(tenantKeys)
    .query(({ ctx }) => listTenantKeys(ctx)),
  rotateKey: command({ permission: 'token:write', audit: 'token.key_rotated', stepUp, protects: true })
    .input(rotateKeyInput)
    .output(rotatedKey)
    .mutation(({ ctx, input }) => rotateTenantKey(ctx, input)),
  tenant: command({
    permission: 'token:tenant',
    audit: ['token.tenant_issued', 'token.key_made'],
    stepUp: { ...stepUp, tokensToo: true },
  })
    .meta({
      openapi: {
        method: 'POST',
        path: '/tokens/tenant',
        summary: 'Issue a short-lived token bound to one tenant',
      },
    })
    .input(tenantTokenInput)
    .output(tenantToken)
    .mutation(({ ctx, input }) => issueTenantToken(ctx, input)),
});
