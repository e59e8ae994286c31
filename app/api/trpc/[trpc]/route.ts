import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { contextOf } from '#kernel/auth/next.ts';
import { limitedBody } from '#kernel/http/body.ts';
import { underCaller } from '#kernel/trace/trace.ts';
import { countCalls } from '#server/call-counts.ts';
import { keepPolicies } from '#server/policies.ts';
import { appRouter } from '#server/root.ts';

export const dynamic = 'force-dynamic';

function handler(request: Request): Promise<Response> {
  return underCaller({ traceparent: request.headers.get('traceparent') ?? undefined }, async () => {
    const limited = await limitedBody(request);
    if (limited instanceof Response) return limited;
    return fetchRequestHandler({
      endpoint: '/api/trpc',
      req: limited,
      router: appRouter,
      createContext: async () => {
        const context = await contextOf(request);
        countCalls(context.database, context.clock);
        keepPolicies(context.database, context.clock);
        return context;
      },
    });
  });
}

export { handler as GET, handler as POST };
