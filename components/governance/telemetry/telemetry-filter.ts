'use client';

import { parseAsFloat, parseAsString, useQueryStates } from 'nuqs';
import { useTableState } from '#components/console/data-table/state.ts';
import { useScope, within } from '#components/platform/frame/scope.tsx';
import type { Severity } from '#server/governance/observability/schema.ts';

const facetIds = ['tenant', 'service', 'severity', 'region'] as const;
export const spans = [
  { hours: 1, label: 'Hour' },
  { hours: 24, label: 'Day' },
  { hours: 168, label: 'Week' },
] as const;

/** What the page shows is in its address; the scope of the console narrows it further. */
export function useTelemetryFilter() {
  const table = useTableState({ sort: 'ts', dir: 'desc' }, facetIds);
  const [time, setTime] = useQueryStates(
    { hours: parseAsFloat.withDefault(24), from: parseAsString, to: parseAsString },
    { history: 'replace' },
  );
  const { scope } = useScope();
  const { facets, search } = table.state;
  const tenant = within(facets.tenant, scope.tenant === null ? undefined : [scope.tenant]);
  const region = within(facets.region, scope.region === null ? undefined : [scope.region]);
  const span = time.from && time.to ? { from: time.from, to: time.to } : { hours: time.hours };
  const scoped = {
    ...(tenant === null ? { tenant: [] } : tenant ? { tenant: [...tenant] } : {}),
    ...(region === null ? { region: [] } : region ? { region: [...region] } : {}),
    ...span,
  };
  const filter = {
    ...scoped,
    ...(search ? { q: search } : {}),
    ...(facets.service?.length ? { service: facets.service } : {}),
    ...(facets.severity?.length ? { severity: facets.severity as Severity[] } : {}),
  };
  const { tenant: _t, region: _r, ...free } = scoped;
  /** What the facets are counted under: the time and the scope, not the facets themselves. */
  const around = {
    ...free,
    ...(scope.tenant === null ? {} : { tenant: [scope.tenant] }),
    ...(scope.region === null ? {} : { region: [scope.region] }),
  };
  return { table, filter, around, time, setTime };
}
