import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { selectReleasesWithoutDecision } from '../store/requests.ts';
import { reader } from './ask.ts';

export async function unfoundedReleases(database: Database, clock: Clock) {
  const rows = await selectReleasesWithoutDecision(reader({ database, clock }));
  return { released: rows[0]?.released ?? 0, unfounded: rows.flatMap(row => (row.id ? [row.id] : [])) };
}
