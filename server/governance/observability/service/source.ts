import type { Clock } from '#kernel/clock/clock.ts';
import type { Database } from '#kernel/db/database.ts';
import { log } from '#kernel/log/log.ts';
import { counter, gauge } from '#kernel/metrics/metrics.ts';
import { redactText } from '#kernel/redact/redact.ts';
import { cursorOf, type Progress, type SourceName, sourceFailed, sourceWent } from '../store/sources.ts';

const lag = gauge('telemetry_source_lag_seconds', 'How far a source is behind', ['source']);
const errors = counter('telemetry_source_errors_total', 'Pulls that failed', ['source']);
const rejected = counter('telemetry_source_rejected_total', 'What a source gave that could not be placed', [
  'source',
]);
const pulled = counter('telemetry_source_items_total', 'What a source gave', ['source']);

/** One pull: how far it got, or why it failed, stands on the page of sources. Gives what was pulled; null when it failed. */
export async function pullOnce(
  { database, clock }: { database: Database; clock: Clock },
  source: SourceName,
  work: (cursor: string | null) => Promise<Progress | null>,
): Promise<number | null> {
  try {
    const progress = await work(await cursorOf(database, source.id));
    if (!progress) return 0;
    pulled.inc({ source: source.id }, progress.pulled);
    if (progress.rejected) rejected.inc({ source: source.id }, progress.rejected.count);
    if (progress.lagSeconds !== null) lag.set({ source: source.id }, progress.lagSeconds);
    await sourceWent(database, source, progress, clock.now());
    return progress.pulled;
  } catch (error) {
    errors.inc({ source: source.id });
    log().warn({ event: 'telemetry.pull_failed', source: source.id, error });
    await sourceFailed(database, source, redactText(messageOf(error)).slice(0, 500), clock.now());
    return null;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
