import type { ReadDb } from '#kernel/db/database.ts';
import { families, rangeQuery } from '#server/world/prometheus.ts';
import { loadWorld } from '#server/world/state.ts';
import type { MetricsGateway } from './gateway.ts';
import type { EventInput, MetricSample } from './schema.ts';

/** The world answers as Prometheus would. */
export const simulatedMetrics = (db: ReadDb, now: Date): MetricsGateway => ({
  simulated: true,
  range: async (query, start, end, stepMs) =>
    rangeQuery(await loadWorld(db, now), query, { start, end, stepMs }).data.result.map(series => ({
      labels: series.metric,
      values: series.values,
    })),
});

/** What happened in the world from `from` up to, but not at, `to`. */
export async function simulatedEvents(
  db: ReadDb,
  now: Date,
  from: number,
  to: number,
): Promise<EventInput[]> {
  return (await loadWorld(db, now)).events(from, to).map(event => ({
    tenant_id: event.tenantId,
    event: event.event,
    severity: event.severity,
    service: event.service,
    region: event.region,
    message: event.message,
    attributes: event.attributes,
    ts: event.ts,
    id: event.id,
  }));
}

/** Every service's metrics of a stretch of time, as a first start loads them. */
export async function* simulatedHistory(
  db: ReadDb,
  now: Date,
  from: number,
  to: number,
  stepMs: number,
): AsyncGenerator<MetricSample[]> {
  const world = await loadWorld(db, now);
  for (const service of world.services) {
    const samples: MetricSample[] = [];
    for (const { metric } of families)
      for (const { t, value } of world.series(metric, service.id, from, to, stepMs))
        if (value !== null)
          samples.push({
            tenantId: service.tenantId,
            service: service.id,
            metric,
            ts: new Date(t),
            value,
            simulated: true,
          });
    yield samples;
  }
}
