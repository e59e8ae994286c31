import { log } from '#kernel/log/log.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { selectUnfinished } from '../store/executions.ts';
import { advanceExecution } from './advance.ts';

const atOnce = 50;
/** A job does it side by side with others; what no job has touched for so long is taken on here. */
const leftForMs = 10_000;

/** One that cannot go on keeps none of the others back. */
export async function resumeUnfinished(
  ctx: CommandContext,
  signal: AbortSignal,
): Promise<{ found: number; busy: number }> {
  const due = await selectUnfinished(ctx.db, new Date(ctx.clock.now().getTime() - leftForMs), atOnce);
  let busy = 0;
  for (const { id } of due) {
    if (signal.aborted) break;
    const went = await advanceExecution(ctx, id, signal).catch((error: unknown) => {
      log().error({ event: 'actions.not_resumed', execution: id, error });
    });
    if (went === 'busy') busy += 1;
  }
  return { found: due.length, busy };
}
