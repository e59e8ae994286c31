'use client';

import { useQuery } from '@tanstack/react-query';
import { Time } from '#components/console/time.tsx';
import { severityTone, stateWord } from '#components/governance/risk/words.ts';
import { Pill } from '#components/ui/pill.tsx';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';
import { Nothing, OverviewCard } from './overview-card.tsx';
import { OverviewLine, OverviewLines } from './overview-line.tsx';
import { firstFive, type ScopedTenants } from './scoped-tenants.ts';

/** What is open, the worst first. */
export function IncidentsCard({ tenants }: { tenants: ScopedTenants }) {
  const trpc = useTRPC();
  const may = useMe().permissions.includes('risk:read');
  const asked = useQuery({
    ...trpc.risks.incidents.queryOptions({
      state: ['open', 'acknowledged'],
      ...firstFive(tenants, 'severity'),
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
          <OverviewLines>
            {rows.map(row => (
              <OverviewLine
                key={`${row.tenantId}/${row.id}`}
                href={`/governance/incidents/${encodeURIComponent(row.tenantId)}/${row.id}`}
                title={row.title}
                said={
                  <>
                    {row.tenantId}, {stateWord[row.state].toLowerCase()} <Time at={row.openedAt} />
                  </>
                }
                mark={<Pill tone={severityTone[row.severity]}>{row.severity}</Pill>}
              />
            ))}
          </OverviewLines>
        )
      }
    </OverviewCard>
  );
}
