'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { useScope } from '#components/platform/frame/scope.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Skeleton } from '#components/ui/card.tsx';
import { Select } from '#components/ui/input.tsx';
import { Tabs } from '#components/ui/tabs.tsx';
import type { CostOverview } from '#server/governance/cost/schema.ts';
import { AllocationView } from './allocation-view.tsx';
import { BudgetsView } from './budgets-view.tsx';
import { FilesView } from './files-view.tsx';
import { ForecastView } from './forecast-view.tsx';
import { money, percent } from './money.ts';
import { PredictionsView } from './predictions-view.tsx';
import { SizesView } from './sizes-view.tsx';

const views = ['forecast', 'allocation', 'sizes', 'budgets', 'predictions', 'files'] as const;

export function CostPage() {
  const trpc = useTRPC();
  const [view, setView] = useQueryState('view', parseAsStringLiteral(views).withDefault('forecast'));
  const [chosen, choose] = useQueryState('of', parseAsString);
  const { scope } = useScope();
  const { data, error } = useQuery(trpc.costs.overview.queryOptions());
  if (error) return <ErrorState title="The costs could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-96" />;
  const tenants = data.tenants.map(row => row.tenantId);
  const wanted = chosen ?? scope.tenant;
  const tenant = wanted && tenants.includes(wanted) ? wanted : (tenants[0] ?? null);
  const perTenant = (show: (tenantId: string) => React.ReactNode) =>
    tenant === null ? <NoCharges /> : show(tenant);
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <CostVerdict overview={data} />
        <span className="ml-auto flex items-center gap-2">
          {data.simulated ? <SimulatedBadge /> : null}
          {tenants.length > 0 ? (
            <span className="flex items-center gap-2">
              <span className="text-ink-2">Tenant</span>
              <Select
                aria-label="Tenant"
                className="w-44"
                value={tenant ?? ''}
                onChange={e => void choose(e.target.value)}
              >
                {tenants.map(id => (
                  <option key={id} value={id}>
                    {id}
                  </option>
                ))}
              </Select>
            </span>
          ) : null}
        </span>
      </div>
      <Tabs
        label="Cost"
        value={view}
        onChange={id => void setView(id as (typeof views)[number])}
        tabs={[
          { id: 'forecast', label: 'Forecast', content: perTenant(id => <ForecastView tenantId={id} />) },
          { id: 'allocation', label: 'Allocation', content: <AllocationView /> },
          { id: 'sizes', label: 'Rightsizing', content: perTenant(id => <SizesView tenantId={id} />) },
          { id: 'budgets', label: 'Budgets', content: <BudgetsView tenants={tenants} /> },
          { id: 'predictions', label: 'Predicted and real', content: <PredictionsView /> },
          { id: 'files', label: 'Import and export', content: <FilesView /> },
        ]}
      />
    </>
  );
}

function CostVerdict({ overview }: { overview: CostOverview }) {
  const sum = (of: (row: CostOverview['tenants'][number]) => number) =>
    overview.tenants.reduce((total, row) => total + of(row), 0);
  const [now, before] = [sum(row => row.lastWeek), sum(row => row.weekBefore)];
  if (overview.through === null) return <Verdict>No charge has been brought in yet.</Verdict>;
  const change = before > 0 ? now / before - 1 : null;
  const rising = overview.tenants.filter(row => row.weekBefore > 0 && row.lastWeek > row.weekBefore * 1.1);
  return (
    <Verdict>
      The last week cost {money(now, overview.currency)}
      {overview.otherCurrencies.length > 0
        ? `, without what was billed in ${overview.otherCurrencies.join(' and ')}`
        : ''}
      {change === null
        ? ''
        : `, ${percent(Math.abs(change), 1)} ${change < 0 ? 'less' : 'more'} than the week before`}
      ;{' '}
      {rising.length === 0 ? (
        'no tenant rose by more than a tenth.'
      ) : (
        <>
          {rising.length === 1 ? 'one tenant' : `${rising.length} tenants`} rose by more than a tenth, first{' '}
          <Phrase href={`/governance/cost?of=${rising[0]?.tenantId}`} tone="watch">
            {rising[0]?.tenantId}
          </Phrase>
          .
        </>
      )}
    </Verdict>
  );
}

const NoCharges = () => (
  <EmptyState title="No charges yet">
    Bring in a bill in FOCUS columns under Import and export; five weeks of it are enough for a forecast.
  </EmptyState>
);
