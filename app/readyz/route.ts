import { consoleDatabase } from '#kernel/db/dsn.ts';
import { readiness } from '#kernel/http/readiness.ts';

export const dynamic = 'force-dynamic';

export async function GET() {
  const state = await readiness(consoleDatabase());
  return Response.json(state, { status: state.status === 'ok' ? 200 : 503 });
}
