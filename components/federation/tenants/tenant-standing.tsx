'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { money } from '#components/governance/cost/money.ts';
import { OtherCurrencies } from '#components/governance/cost/other-currencies.tsx';
import { levelTone, levelWord } from '#components/governance/risk/words.ts';
import { useMe } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Nothing, OverviewCard } from '#components/platform/overview/overview-card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { TenantDetail } from '#server/federation/tenants/schema.ts';
import { StandingList } from './standing-list.tsx';
import { TenantMirrors } from './tenant-mirrors.tsx';
import { TenantPolicies } from './tenant-policies.tsx';

const Said = ({ children }: { children: ReactNode }) => (
  <div className="grid gap-1 px-3.5 py-3">{children}</div>
);

/** What the other systems know of one tenant, each from its own; nothing is copied here. */
export function TenantStanding({ tenant }: { tenant: TenantDetail }) {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Risk id={tenant.id} />
      <Cost tenant={tenant} />
      <TenantMirrors id={tenant.id} />
      <TenantPolicies tenant={tenant} />
      <Approvals id={tenant.id} />
    </div>
  );
}

function Risk({ id }: { id: string }) {
  const trpc = useTRPC();
  const asked = useQuery({
    ...trpc.risks.overview.queryOptions(),
    enabled: useMe().permissions.includes('risk:read'),
    refetchInterval: 15_000,
  });
  return (
    <OverviewCard
      title="Risk"
      href={`/governance/risk?tenant=${encodeURIComponent(id)}`}
      link="Why"
      permission="risk:read"
      asked={asked}
      height="h-14"
    >
      {data => {
        const row = data.rows.find(r => r.tenantId === id);
        if (!row?.scores || !row.level) return <Nothing>No score was written yet.</Nothing>;
        const worst = Math.max(...Object.values(row.scores));
        return (
          <Said>
            <p className="flex flex-wrap items-center gap-2">
              <Pill tone={row.stale ? 'idle' : levelTone[row.level]}>{levelWord[row.level]}</Pill>
              <span className="num font-medium">{Math.floor(worst)} of 100</span>
              {row.stale ? <span className="text-watch">not scored lately</span> : null}
            </p>
            <p className="text-ink-2">
              {row.openIncidents === 0
                ? 'No incident is open.'
                : `${row.openIncidents} ${row.openIncidents === 1 ? 'incident is' : 'incidents are'} open.`}
            </p>
          </Said>
        );
      }}
    </OverviewCard>
  );
}

function Cost({ tenant }: { tenant: TenantDetail }) {
  const trpc = useTRPC();
  const asked = useQuery({
    ...trpc.costs.month.queryOptions({ tenantId: tenant.id }),
    enabled: useMe().permissions.includes('cost:read'),
  });
  const { monthlyBudget } = tenant;
  return (
    <OverviewCard
      title="Cost this month"
      end={asked.data?.simulated ? <SimulatedBadge /> : null}
      href={`/governance/cost?of=${encodeURIComponent(tenant.id)}`}
      link="Cost"
      permission="cost:read"
      asked={asked}
      height="h-14"
    >
      {({ currency, spent, through, expected, why, others }) =>
        currency === null ? (
          <Nothing>{why}</Nothing>
        ) : (
          <Said>
            <p>
              <strong className="num">{money(spent, currency)}</strong> billed through {through}
              {expected ? (
                <>
                  ; at the month’s end <strong className="num">{money(expected.value, currency)}</strong>
                </>
              ) : (
                `; no forecast: ${why}`
              )}
            </p>
            <OtherCurrencies others={others} />
            <p className="text-ink-2">
              {monthlyBudget === null
                ? 'It has no budget of its own.'
                : `Its budget is ${money(monthlyBudget, 'EUR')} a month${
                    expected && currency === 'EUR' && expected.value > monthlyBudget
                      ? '; the forecast is above it'
                      : ''
                  }.`}
            </p>
          </Said>
        )
      }
    </OverviewCard>
  );
}

function Approvals({ id }: { id: string }) {
  const trpc = useTRPC();
  const asked = useQuery({
    ...trpc.approvals.list.queryOptions({ tenant: id, state: ['pending', 'approved'], limit: 10 }),
    enabled: useMe().permissions.includes('approval:read'),
    refetchInterval: 15_000,
  });
  return (
    <StandingList
      title="Waiting for approval"
      href="/approvals"
      link="Approvals"
      permission="approval:read"
      asked={asked}
      label="Approvals open"
      rows={data => data.rows}
      idOf={row => row.id}
      none="Nothing that concerns it waits for anybody."
      line="flex flex-wrap items-center gap-x-3"
    >
      {row => (
        <>
          <Link className="link" href={`/approvals/${row.id}`}>
            {row.title}
          </Link>
          <span className="ml-auto text-ink-2 text-sm">{row.state}</span>
        </>
      )}
    </StandingList>
  );
}
