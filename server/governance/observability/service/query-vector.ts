import { createHash } from 'node:crypto';
import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { fromBytes } from '../rules/search/vectors.ts';
import { askVector, readVector } from '../store/search.ts';

const patienceMs = 700;
const lookMs = 25;

/** The vector of a search, as soon as the worker has made it; null when nobody answers in time. */
export async function queryVector(
  { database, clock }: { database: Database; clock: Clock },
  text: string,
): Promise<{ model: string; vector: Float32Array } | null> {
  const digest = createHash('sha256').update(text).digest('base64url');
  let found = await askVector(database, digest, text, clock.now());
  for (const until = performance.now() + patienceMs; !found && performance.now() < until; ) {
    await new Promise(resolve => setTimeout(resolve, lookMs));
    found = await readVector(database, digest);
  }
  return found ? { model: found.model, vector: fromBytes(found.embedding) } : null;
}
