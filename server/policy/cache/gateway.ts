import { type CacheStats, cacheStats } from './schema.ts';

const patienceMs = 1500;

/** Asks a cache daemon; it has no simulated side, since the relays of the simulated world run the same one. */
export async function askStats(
  address: string,
): Promise<{ ok: true; stats: CacheStats } | { ok: false; why: string }> {
  try {
    const response = await fetch(`${address}/cache/stats`, {
      signal: AbortSignal.timeout(patienceMs),
      redirect: 'error',
    });
    if (!response.ok) return { ok: false, why: `It answered with status ${response.status}.` };
    const parsed = cacheStats.safeParse(await response.json());
    return parsed.success
      ? { ok: true, stats: parsed.data }
      : { ok: false, why: 'Something else than an inference cache answers there.' };
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError';
    return { ok: false, why: late ? 'It did not answer in time.' : 'Nothing answers there.' };
  }
}
