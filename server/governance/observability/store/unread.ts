import { countedMetrics } from '../schema.ts';

const counted = countedMetrics.map(name => `'${name}'`).join(', ');

export const isCounted = (metric: string): string => `${metric} in (${counted})`;

interface Columns {
  tenant: string;
  service: string;
  metric: string;
}

/**
 * When the sum over a service's regions is not known, as a multirange of instants: one of the regions that were part of it
 * was not read. A Prometheus gives a series for five minutes after its last sample, so a region of which there was none for as
 * long is no part of it. `unread` is a relation of `telemetry_unread`, `by` widens its stretches.
 */
export const notKnown = (of: Columns, unread: string, by: (since: string, until: string) => string): string =>
  `(select coalesce(range_agg(${by('u.since', 'u.until')}), '{}'::tstzmultirange) from ${unread} u
    where ${isCounted(of.metric)} and exists (select 1 from metric_point p
      where p.tenant_id = ${of.tenant} and p.service = ${of.service} and p.metric = ${of.metric}
        and p.ts >= u.since - interval '5 minutes' and p.ts < u.since and p.region = any(u.regions)))`;
