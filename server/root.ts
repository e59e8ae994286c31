import { createCallerFactory, router } from '#kernel/trpc/init.ts';
import { regionsRouter } from './federation/regions/router.ts';
import { tenantsRouter } from './federation/tenants/router.ts';

/** The router of routers. Keys are the words people use. */
export const appRouter = router({
  regions: regionsRouter,
  tenants: tenantsRouter,
});

export type AppRouter = typeof appRouter;
export const createCaller = createCallerFactory(appRouter);
