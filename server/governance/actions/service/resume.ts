import { log } from '#kernel/log/log.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { selectUnfinished } from '../store/executions.ts';
import { advanceExecution } from './advance.ts';

const atOnce = 50;

/** One that cannot go on keeps none of the others back. */
export async function resumeUnfinished(ctx: CommandContext, signal: AbortSignal): Promise<void> {
  for (const { id, state } of await selectUnfinished(ctx.db, ctx.clock.now(), atOnce)) {
    if (signal.aborted) return;
    if (state === 'waiting' || state === 'planned') continue;
    await advanceExecution(ctx, id, signal).catch((error: unknown) => {
      log().error({ event: 'actions.not_resumed', execution: id, error });
    });
  }
}
