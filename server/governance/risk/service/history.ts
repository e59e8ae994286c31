import type { CommandContext } from '#kernel/trpc/context.ts';
import { plainEvent } from '../events.ts';
import { deleteRisksBefore } from '../store/risks.ts';

export const keptDays = 35;

export const keepHistory = (ctx: CommandContext): Promise<number> =>
  ctx.commit(
    removed => ({ ...plainEvent('risk.pruned', { removed }), topics: [] }),
    tx => deleteRisksBefore(tx, new Date(ctx.clock.now().getTime() - keptDays * 86_400_000)),
  );
