import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';
import { env } from '#kernel/env/env.ts';
import { version } from '#kernel/env/version.ts';
import { addressOf } from '#kernel/http/address.ts';
import { limitedBody } from '#kernel/http/body.ts';
import { handleRest, type RestDeps, type RestRequest } from '#kernel/http/rest/handle.ts';
import { openApiDocument } from '#kernel/http/rest/openapi.ts';
import { limitedPrincipal } from '#kernel/http/rest/principal.ts';
import { routesOf, routeTable } from '#kernel/http/rest/routes.ts';
import { answerTlog } from '#kernel/ledger/tlog.ts';
import { processBus } from '#kernel/realtime/router.ts';
import { keepPolicies } from './policies.ts';
import { answerBundle, bundlePath } from './policy-bundle.ts';
import { appRouter } from './root.ts';

const prefix = '/api/v1';
let made: RestDeps | undefined;

/** All REST routes of all systems: what /api/v1 answers and documents. */
function restOfAll(): RestDeps {
  if (made) return made;
  const deps = { database: consoleDatabase(), clock: systemClock };
  // Whether a call comes from this machine cannot be told behind Next: the simulation principal is for the ports only.
  const principal = limitedPrincipal(deps, () => false);
  keepPolicies(deps.database, deps.clock);
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
  const path = url.pathname.slice(prefix.length);
  if (bundlePath.test(path) && (request.method === 'GET' || request.method === 'HEAD')) {
    const deps = { ...restOfAll(), bus: () => processBus(restOfAll()) };
    return carried(request, await answerBundle(await restRequest(limited, path), deps));
  }
  const answer = await handleRest(await restRequest(limited, path), restOfAll());
  return new Response(request.method === 'HEAD' ? null : answer.body, {
    status: answer.status,
    headers: answer.headers,
  });
}

/** The log's static face under the console's own address, which is the ledger's name. */
export async function answerLog(request: Request): Promise<Response> {
  const limited = await limitedBody(request);
  if (limited instanceof Response) return limited;
  const { pathname } = new URL(request.url);
  return carried(request, await answerTlog(await restRequest(limited, pathname), restOfAll()));
}

function carried(
  request: Request,
  { status, headers, body }: { status: number; headers: Record<string, string>; body: string | Buffer },
): Response {
  const none = request.method === 'HEAD' || status === 304;
  return new Response(none ? null : typeof body === 'string' ? body : new Uint8Array(body), {
    status,
    headers,
  });
}

const restRequest = async (request: Request, path: string): Promise<RestRequest> => ({
  method: request.method,
  path,
  query: new URL(request.url).searchParams,
  header: name => request.headers.get(name) ?? undefined,
  body: request.body ? Buffer.from(await request.arrayBuffer()) : null,
  ip: addressOf(request.headers.get('x-forwarded-for')),
});
