import { contextOf } from '#kernel/auth/next.ts';
import { limitedBody } from '#kernel/http/body.ts';
import { handleRest } from '#kernel/http/rest/handle.ts';
import { restRoutes } from '#server/rest.ts';
import { appRouter } from '#server/root.ts';

export const dynamic = 'force-dynamic';

async function handler(request: Request): Promise<Response> {
  const limited = await limitedBody(request);
  if (limited instanceof Response) return limited;
  const url = new URL(request.url);
  const body = request.method === 'GET' ? null : Buffer.from(await limited.arrayBuffer());
  const bearer = request.headers.get('authorization') !== null;
  const context = await contextOf(
    bearer ? request : new Request(request.url, { method: request.method }),
  ).catch(error => error);
  const answer = await handleRest(
    {
      method: request.method,
      path: url.pathname.slice('/api/v1'.length),
      query: url.searchParams,
      header: name => request.headers.get(name) ?? undefined,
      body,
      ip: request.headers.get('x-forwarded-for') ?? 'direct',
    },
    {
      router: appRouter,
      routes: restRoutes(),
      database: context.database,
      clock: context.clock,
      principal: async () => {
        if (context instanceof Error) throw context;
        return context.principal;
      },
    },
  );
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
}

export { handler as DELETE, handler as GET, handler as PATCH, handler as POST, handler as PUT };
