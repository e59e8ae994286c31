import { command, read } from '#kernel/trpc/builders.ts';
import { router } from '#kernel/trpc/init.ts';
import './policy.ts';
import { environmentList, latest, phaseInput, precheck } from './schema.ts';
import { listEnvironment, readLatest, runPrecheck } from './service.ts';

export const environmentRouter = router({
  list: read({ permission: 'environment:read' })
    .output(environmentList)
    .query(({ ctx }) => listEnvironment(ctx)),
  latest: read({ permission: 'environment:read' })
    .output(latest)
    .query(({ ctx }) => readLatest(ctx)),
  precheck: command({ permission: 'environment:check', audit: 'environment.prechecked' })
    .input(phaseInput)
    .output(precheck)
    .mutation(({ ctx, input }) => runPrecheck(ctx, input.phase)),
});
