import { z } from 'zod';
import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './controls.ts';
import './policy.ts';
import { jwkSet, keyChanged, keyList, revokeInput, rotateInput } from './schema.ts';
import { listKeys, publishedKeys, revokeKey, rotateKey } from './service.ts';

const stepUp = { maxAgeMinutes: 10 };

export const keysRouter = router({
  list: read({ permission: 'key:read' })
    .output(keyList)
    .query(({ ctx }) => listKeys(ctx)),
  published: read({ permission: 'key:public' })
    .meta({
      openapi: {
        method: 'GET',
        path: '/keys',
        summary: 'Public keys that verify what the console signed, as a JWK set',
      },
    })
    .input(z.strictObject({}))
    .output(jwkSet)
    .query(({ ctx }) => publishedKeys(ctx)),
  rotate: command({ permission: 'key:write', audit: 'key.rotated', stepUp })
    .input(rotateInput)
    .output(keyChanged)
    .mutation(({ ctx, input }) => rotateKey(ctx, input)),
  revoke: command({ permission: 'key:write', audit: 'key.revoked', stepUp, protects: true })
    .input(revokeInput)
    .output(keyChanged)
    .mutation(({ ctx, input }) => revokeKey(ctx, input)),
});
