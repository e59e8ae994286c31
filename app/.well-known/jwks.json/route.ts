import { loadPublishedKeys } from '#kernel/auth/store.ts';
import { systemClock } from '#kernel/clock/clock.ts';
import { consoleDatabase } from '#kernel/db/dsn.ts';

export const dynamic = 'force-dynamic';

export const GET = async () =>
  Response.json(
    { keys: await loadPublishedKeys(consoleDatabase(), systemClock.now()) },
    { headers: { 'cache-control': 'public, max-age=300' } },
  );
