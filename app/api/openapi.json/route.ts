import { consoleOpenApi } from '#server/rest.ts';

export const dynamic = 'force-dynamic';

export const GET = () => Response.json(consoleOpenApi());
