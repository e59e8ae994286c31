import type { Bus } from '#kernel/realtime/bus.ts';
import { readContext } from '#kernel/trpc/builders.ts';
import type { RequestContext } from '#kernel/trpc/context.ts';
import { executionTopic } from './governance/actions/events.ts';
import { hasEnded, readExecution } from './governance/actions/service.ts';

/** A change that no hint told of is seen by then; the line between also keeps a connection alive. */
const lookAgainMs = 5_000;
const longestMs = 30 * 60_000;

/**
 * An execution as server-sent events: where it stands, and again whenever it moved, until it has ended. Refuses before the
 * first line as a read of the same execution would.
 */
export async function executionStream(
  ctx: RequestContext,
  id: string,
  bus: () => Promise<Bus>,
  signal: AbortSignal,
): Promise<AsyncGenerator<string>> {
  const own = await readContext(ctx, { permission: 'action:read' }, 'actions.status', async () => ({
    exec_id: id,
  }));
  const first = await readExecution(own, id);
  return (async function* () {
    let wake = () => {};
    const source = await bus();
    const stop = source.subscribe(event => {
      if ('gap' in event || (event.topic === executionTopic && event.key === id)) wake();
    });
    const until = Date.now() + longestMs;
    let shown = -1;
    try {
      for (let now = first; ; now = await readExecution(own, id)) {
        if (now.version !== shown)
          yield `id: ${now.version}\nevent: execution\ndata: ${JSON.stringify(now)}\n\n`;
        else yield ': still there\n\n';
        shown = now.version;
        if (hasEnded(now.state)) return;
        if (signal.aborted || Date.now() > until) return;
        await new Promise<void>(resolve => {
          const timer = setTimeout(resolve, lookAgainMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
          signal.addEventListener('abort', wake, { once: true });
        });
      }
    } finally {
      stop();
    }
  })();
}
