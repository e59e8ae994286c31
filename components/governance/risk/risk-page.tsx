'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Tabs } from '#components/ui/tabs.tsx';
import type { RiskOverview } from '#server/governance/risk/schema.ts';
import { HeatMap } from './heat-map.tsx';
import { Reliability } from './reliability.tsx';
import { Rules } from './rules.tsx';
import { TenantRisk } from './tenant-risk.tsx';

const tabs = ['scores', 'rules', 'calibration'] as const;

/** How endangered each tenant is and why, the rules that say so, and how far the numbers can be trusted. */
export function RiskPage() {
  const trpc = useTRPC();
  const [where, setWhere] = useQueryStates(
    { tab: parseAsStringLiteral(tabs).withDefault('scores'), tenant: parseAsString, service: parseAsString },
    { history: 'push' },
  );
  const overview = useQuery({ ...trpc.risks.overview.queryOptions(), refetchInterval: 10_000 });
  return (
    <>
      {overview.data ? <RiskVerdict overview={overview.data} /> : <Verdict>Reading the scores …</Verdict>}
      <Tabs
        label="Risk"
        value={where.tab}
        onChange={tab => void setWhere({ tab: tab as (typeof tabs)[number] })}
        tabs={[
          {
            id: 'scores',
            label: 'Scores',
            content: (
              <div className="grid gap-4">
                {overview.error ? (
                  <ErrorState title="The scores could not be read">{messageOf(overview.error)}</ErrorState>
                ) : !overview.data ? (
                  <Skeleton className="h-60" />
                ) : overview.data.rows.length === 0 ? (
                  <EmptyState title="No tenant yet">Scores begin with the first tenant.</EmptyState>
                ) : (
                  <Card
                    title="Tenants by dimension"
                    end={`0 to 100; out of date after ${overview.data.staleAfterSeconds} s`}
                  >
                    <HeatMap
                      overview={overview.data}
                      chosen={where.tenant}
                      onChoose={tenant => void setWhere({ tenant, service: null })}
                    />
                  </Card>
                )}
                {where.tenant ? (
                  <TenantRisk tenantId={where.tenant} service={where.service} />
                ) : overview.data && overview.data.rows.length > 0 ? (
                  <p className="text-ink-2">Choose a tenant to read what its score is made of.</p>
                ) : null}
              </div>
            ),
          },
          { id: 'rules', label: 'Rules', content: <Rules /> },
          { id: 'calibration', label: 'Calibration', content: <Reliability /> },
        ]}
      />
    </>
  );
}

function RiskVerdict({ overview }: { overview: RiskOverview }) {
  const { rows } = overview;
  if (rows.length === 0) return <Verdict>No tenant yet.</Verdict>;
  const bad = rows.filter(row => !row.stale && (row.level === 'high' || row.level === 'critical'));
  const watch = rows.filter(row => !row.stale && row.level === 'med');
  const stale = rows.filter(row => row.stale);
  const incidents = rows.reduce((sum, row) => sum + row.openIncidents, 0);
  const many = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
  return (
    <Verdict>
      {bad.length > 0 ? (
        <Phrase
          href={`/governance/risk?tenant=${encodeURIComponent(bad[0]?.tenantId ?? '')}`}
          tone="bad"
        >{`${many(bad.length, 'tenant')} at high risk`}</Phrase>
      ) : (
        'No tenant is at high risk'
      )}
      {watch.length > 0 ? `, ${watch.length} at medium` : ''}
      {stale.length > 0 ? `, ${stale.length} with no score that counts` : ''}
      {'; '}
      {incidents > 0 ? (
        <Phrase href="/governance/incidents?state=open" tone="watch">
          {many(incidents, 'incident')}
        </Phrase>
      ) : (
        'no incident'
      )}
      {incidents === 1 ? ' is open.' : incidents > 1 ? ' are open.' : ' is open.'}
    </Verdict>
  );
}
