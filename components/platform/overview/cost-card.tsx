'use client';

import { useQuery } from '@tanstack/react-query';
import { TimeSeries } from '#components/console/charts/lazy.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { money } from '#components/governance/cost/money.ts';
import { OtherCurrencies } from '#components/governance/cost/other-currencies.tsx';
import type { CostMonth } from '#server/governance/cost/schema.ts';
import { useScope } from '../frame/scope.tsx';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';
import { Nothing, OverviewCard } from './overview-card.tsx';

const cents = (value: number) => Math.round(value * 100) / 100;
const monthWord = (month: string) =>
  new Date(`${month}-01T00:00:00Z`).toLocaleDateString('en-GB', { month: 'long', timeZone: 'UTC' });

/** This month by billed days, and what it will have cost. Bills name tenants, not regions: only a tenant narrows them. */
export function CostCard({ className }: { className: string }) {
  const trpc = useTRPC();
  const { scope } = useScope();
  const asked = useQuery({
    ...trpc.costs.month.queryOptions(scope.tenant === null ? {} : { tenantId: scope.tenant }),
    enabled: useMe().permissions.includes('cost:read'),
  });
  const narrowed = scope.tenant === null && (scope.region !== null || scope.environment !== null);
  return (
    <OverviewCard
      title={asked.data ? `Cost in ${monthWord(asked.data.month)}` : 'Cost this month'}
      end={
        <>
          {narrowed ? 'all regions; ' : ''}
          {asked.data?.simulated ? <SimulatedBadge /> : null}
        </>
      }
      href={scope.tenant === null ? '/governance/cost' : `/governance/cost?of=${scope.tenant}`}
      link="Cost"
      permission="cost:read"
      asked={asked}
      height="h-52"
      className={className}
    >
      {data => <Month data={data} />}
    </OverviewCard>
  );
}

function Month({ data }: { data: CostMonth }) {
  const { currency, expected, days, points } = data;
  if (currency === null) return <Nothing>{data.why}</Nothing>;
  return (
    <div className="grid gap-2 p-3.5">
      <p className="text-ink-2">
        <strong className="num text-ink">{money(data.spent, currency)}</strong> billed through {data.through}
        {expected ? (
          <>
            ; at the month’s end <strong className="num text-ink">{money(expected.value, currency)}</strong>,
            with four chances in five between {money(expected.low80, null)} and {money(expected.high80, null)}
          </>
        ) : (
          `; no forecast: ${data.why}`
        )}
        .
      </p>
      <OtherCurrencies others={data.others} />
      <TimeSeries
        title="A day"
        unit={currency}
        height={120}
        {...(points[0] ? { forecastFrom: points[0].day } : {})}
        points={[
          ...days.map(({ day, cost }) => ({ at: day, value: cost === null ? null : cents(cost) })),
          ...points.map(p => ({
            at: p.day,
            value: cents(p.value),
            low: cents(p.low80),
            high: cents(p.high80),
          })),
        ]}
      />
    </div>
  );
}
