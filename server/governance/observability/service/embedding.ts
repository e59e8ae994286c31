import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { type Loop, startLoop } from '#kernel/jobs/loop.ts';
import type { Embedder } from '../gateway.real/embeddings.ts';
import { normal, toBytes } from '../rules/search/vectors.ts';
import { answerVector, pruneAsked, selectAsked, selectWithoutVector, storeVector } from '../store/search.ts';
import { configuredEmbedder } from './embedder.ts';

const batch = 4;
const keptMs = 3_600_000;

/** One look: what people wait for first, then templates that have no vector of this model yet. */
export async function embedSome(database: Database, embedder: Embedder): Promise<number> {
  const asked = await selectAsked(database, batch);
  if (asked.length > 0) {
    const vectors = await embedder.embed(asked.map(a => a.text));
    for (const [n, { digest }] of asked.entries()) {
      const vector = vectors[n];
      if (vector) await answerVector(database, digest, embedder.model, toBytes(normal(vector)));
    }
    return asked.length;
  }
  const open = await selectWithoutVector(database, embedder.model, batch);
  if (open.length === 0) return 0;
  const vectors = await embedder.embed(open.map(o => o.text));
  for (const [n, { text }] of open.entries()) {
    const vector = vectors[n];
    if (vector) await storeVector(database, text, embedder.model, toBytes(normal(vector)));
  }
  return open.length;
}

export interface RunningEmbedding {
  stop(): Promise<void>;
}

/** In the worker only: the model's weights are in one process, the others ask through the database. */
export function startEmbedding(
  database: Database,
  clock: Clock,
  embedder = configuredEmbedder(),
): RunningEmbedding {
  let pruned = 0;
  const look = async () => {
    const now = clock.now().getTime();
    if (now - pruned > 600_000) {
      pruned = now;
      await pruneAsked(database, new Date(now - keptMs));
    }
    return embedSome(database, embedder);
  };
  const loop: Loop = startLoop('telemetry-embedding', 100, look, 'Makes vectors of words and templates');
  return {
    stop: async () => {
      await loop.stop();
      await embedder.close();
    },
  };
}
