import { z } from 'zod';
import { read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import { localCache } from './schema.ts';
import { readLocalCache } from './service/local.ts';

export const cacheRouter = router({
  stats: read({ permission: 'cache:read' })
    .meta({
      openapi: { method: 'GET', path: '/cache/stats', summary: 'The inference cache of the local relay' },
    })
    .input(z.strictObject({}))
    .output(localCache)
    .query(({ ctx }) => readLocalCache(ctx)),
});
