import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { env } from '#kernel/env/env.ts';
import { version } from '#kernel/env/version.ts';
import { addressOf } from '#kernel/http/address.ts';
import { limitedBody } from '#kernel/http/body.ts';
import { handleRest, type RestDeps } from '#kernel/http/rest/handle.ts';
import { openApiDocument } from '#kernel/http/rest/openapi.ts';
import { limitedPrincipal } from '#kernel/http/rest/principal.ts';
import { routesOf, routeTable } from '#kernel/http/rest/routes.ts';
import { appRouter } from './root.ts';

const prefix = '/api/v1';
let made: RestDeps | undefined;

/** All REST routes of all systems: what /api/v1 answers and documents. */
function restOfAll(): RestDeps {
  if (made) return made;
  const deps = { database: consoleDatabase(), clock: systemClock };
  // Whether a call comes from this machine cannot be told behind Next: the simulation principal is for the ports only.
  const principal = limitedPrincipal(deps, () => false);
  made = { router: appRouter, routes: routeTable(routesOf(appRouter)), ...deps, principal };
  return made;
}

export const consoleOpenApi = () =>
  openApiDocument(routesOf(appRouter), {
    title: 'ATOM Console API',
    version: version(),
    server: env().publicUrl + prefix,
  });

/** Bearer tokens only: the browser's cookie means nothing here, so no other site can borrow it. */
export async function answerRest(request: Request): Promise<Response> {
  const limited = await limitedBody(request);
  if (limited instanceof Response) return limited;
  const url = new URL(request.url);
  const answer = await handleRest(
    {
      method: request.method,
      path: url.pathname.slice(prefix.length),
      query: url.searchParams,
      header: name => request.headers.get(name) ?? undefined,
      body: limited.body ? Buffer.from(await limited.arrayBuffer()) : null,
      ip: addressOf(request.headers.get('x-forwarded-for')),
    },
    restOfAll(),
  );
  return new Response(request.method === 'HEAD' ? null : answer.body, {
    status: answer.status,
    headers: answer.headers,
  });
}
