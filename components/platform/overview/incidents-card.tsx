'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { Time } from '#components/console/time.tsx';
import { severityTone, stateWord } from '#components/governance/risk/words.ts';
import { Pill } from '#components/ui/pill.tsx';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';
import { Nothing, OverviewCard } from './overview-card.tsx';
import { type ScopedTenants, tenantFilter } from './scoped-tenants.ts';

/** What is open, the worst first. */
export function IncidentsCard({ tenants }: { tenants: ScopedTenants }) {
  const trpc = useTRPC();
  const may = useMe().permissions.includes('risk:read');
  const asked = useQuery({
    ...trpc.risks.incidents.queryOptions({
      state: ['open', 'acknowledged'],
      ...tenantFilter(tenants),
      sort: 'severity',
      dir: 'desc',
      limit: 5,
      total: true,
    }),
    enabled: may && tenants.known,
    refetchInterval: 15_000,
  });
  const total = asked.data?.total ?? 0;
  return (
    <OverviewCard
      title="Open incidents"
      end={total > 5 ? `the worst 5 of ${total.toLocaleString('en')}` : null}
      href="/governance/incidents?state=open,acknowledged"
      link="Incidents"
      permission="risk:read"
      asked={asked}
      height="h-48"
    >
      {({ rows }) =>
        rows.length === 0 ? (
          <Nothing>No incident is open.</Nothing>
        ) : (
          <ul className="mt-2 divide-y border-t">
            {rows.map(row => (
              <li key={`${row.tenantId}/${row.id}`}>
                <Link
                  href={`/governance/incidents/${encodeURIComponent(row.tenantId)}/${row.id}`}
                  className="flex items-start gap-3 px-3.5 py-2 hover:bg-sunken"
                >
                  <span className="min-w-0 flex-1">
                    <span className="line-clamp-2 font-medium" title={row.title}>
                      {row.title}
                    </span>
                    <span className="text-ink-2 text-sm">
                      {row.tenantId}, {stateWord[row.state].toLowerCase()} <Time at={row.openedAt} />
                    </span>
                  </span>
                  <Pill tone={severityTone[row.severity]}>{row.severity}</Pill>
                </Link>
              </li>
            ))}
          </ul>
        )
      }
    </OverviewCard>
  );
}
