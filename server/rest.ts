import { env } from '#kernel/env/env.ts';
import { version } from '#kernel/env/version.ts';
import { openApiDocument } from '#kernel/http/rest/openapi.ts';
import { type Route, routesOf } from '#kernel/http/rest/routes.ts';
import { appRouter } from './root.ts';

let routes: Route[] | undefined;

/** All REST routes of all systems: what /api/v1 answers and documents. */
export const restRoutes = (): Route[] => (routes ??= routesOf(appRouter));

export const consoleOpenApi = () =>
  openApiDocument(restRoutes(), 'ATOM Console API', version(), `${env().publicUrl}/api/v1`);
