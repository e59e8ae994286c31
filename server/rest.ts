import { resolvePrincipal } from '#kernel/auth/gate.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { env } from '#kernel/env/env.ts';
import { version } from '#kernel/env/version.ts';
import { limitedBody } from '#kernel/http/body.ts';
import { handleRest } from '#kernel/http/rest/handle.ts';
import { openApiDocument } from '#kernel/http/rest/openapi.ts';
import { type Route, routesOf } from '#kernel/http/rest/routes.ts';
import { appRouter } from './root.ts';

const prefix = '/api/v1';
let routes: Route[] | undefined;

/** All REST routes of all systems: what /api/v1 answers and documents. */
const restRoutes = (): Route[] => {
  routes ??= routesOf(appRouter);
  return routes;
};

export const consoleOpenApi = () =>
  openApiDocument(restRoutes(), 'ATOM Console API', version(), env().publicUrl + prefix);

/** Bearer tokens only: the browser's cookie means nothing here, so no other site can borrow it. */
export async function answerRest(request: Request): Promise<Response> {
  const limited = await limitedBody(request);
  if (limited instanceof Response) return limited;
  const url = new URL(request.url);
  const database = consoleDatabase();
  const answer = await handleRest(
    {
      method: request.method,
      path: url.pathname.slice(prefix.length),
      query: url.searchParams,
      header: name => request.headers.get(name) ?? undefined,
      body: request.method === 'GET' ? null : Buffer.from(await limited.arrayBuffer()),
      ip: request.headers.get('x-forwarded-for') ?? 'direct',
    },
    {
      router: appRouter,
      routes: restRoutes(),
      database,
      clock: systemClock,
      principal: r =>
        resolvePrincipal({ authorization: r.header('authorization') }, { database, clock: systemClock }),
    },
  );
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
}
