'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useScope, useTenantScope } from '../frame/scope.tsx';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';

/** As many as a list takes as a filter. */
const most = 100;

export interface ScopedTenants {
  /** null = the scope leaves them all in. */
  ids: readonly string[] | null;
  /** The scope holds more than these. */
  cut: boolean;
  known: boolean;
}

/** The tenants that the console's scope means, for what is known by tenant only. */
export function useScopedTenants(): ScopedTenants {
  const trpc = useTRPC();
  const { scope } = useScope();
  const filter = useTenantScope();
  const may = useMe().permissions.includes('tenant:read');
  const byPlace = scope.tenant === null && Object.keys(filter).length > 0;
  const { data } = useQuery({
    ...trpc.tenants.list.queryOptions({ ...filter, limit: most }),
    enabled: byPlace && may,
  });
  return useMemo(() => {
    if (scope.tenant !== null) return { ids: [scope.tenant], cut: false, known: true };
    if (!byPlace) return { ids: null, cut: false, known: true };
    return {
      ids: data?.rows.map(row => row.id) ?? [],
      cut: data?.nextOffset != null,
      known: data !== undefined,
    };
  }, [scope.tenant, byPlace, data]);
}

/** As a list's filter; a list that is asked for no tenant at all answers none. */
export const tenantFilter = ({ ids }: ScopedTenants) => (ids === null ? {} : { tenant: [...ids] });

/** What a card shows of a list, the greatest first, and how many there are. */
export const firstFive = <Sort extends string>(tenants: ScopedTenants, sort: Sort) => ({
  ...tenantFilter(tenants),
  sort,
  dir: 'desc' as const,
  limit: 5,
  total: true,
});
