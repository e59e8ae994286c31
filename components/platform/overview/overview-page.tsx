'use client';

import { useQuery } from '@tanstack/react-query';
import { ErrorState } from '#components/console/states.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { RegionMap } from '#components/federation/regions/region-map.tsx';
import { useFlows } from '#components/federation/replication/flows.ts';
import { TargetTimeline } from '#components/governance/audit/target-timeline.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import type { Matrix } from '#server/platform/alerts/schema.ts';
import { useCounts } from '../frame/counts.ts';
import { useRegionScope, useScope, useTenantScope } from '../frame/scope.tsx';
import { useMe } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { NeedsYou } from './needs-you.tsx';
import { PoliciesCard } from './policies-card.tsx';
import { TenantsCard } from './tenants-card.tsx';
import { needLook, notKept } from './words.ts';
import { WorkCard } from './work-card.tsx';

export function OverviewPage() {
  const trpc = useTRPC();
  const { permissions } = useMe();
  const may = (permission: string) => permissions.includes(permission);
  const { scope } = useScope();
  const regionScope = useRegionScope();
  const tenantScope = useTenantScope();
  const regions = useQuery({
    ...trpc.regions.list.queryOptions({ ...regionScope, limit: 500 }),
    enabled: may('region:read'),
  });
  const tenants = useQuery({
    ...trpc.tenants.facets.queryOptions(tenantScope),
    enabled: may('tenant:read'),
  });
  const matrix = useQuery({ ...trpc.alerts.matrix.queryOptions(), enabled: may('control:read') });
  const target = scope.tenant
    ? `tenant:${scope.tenant}`
    : scope.region
      ? `region:${scope.region}`
      : undefined;
  const rows = regions.data?.rows ?? [];
  const flows = useFlows();
  const error = regions.error ?? tenants.error;
  return (
    <>
      <OverviewVerdict regions={regions.data?.rows} tenants={tenants.data} matrix={matrix.data} />
      {error ? (
        <Card>
          <ErrorState
            title="Not everything could be read"
            action={
              <Button
                onClick={() => {
                  void regions.refetch();
                  void tenants.refetch();
                }}
              >
                Try again
              </Button>
            }
          >
            {messageOf(error)}
          </ErrorState>
        </Card>
      ) : null}
      <div className="grid gap-5 lg:grid-cols-[2fr_1fr]">
        <RegionMap rows={rows} flows={flows} />
        <NeedsYou />
      </div>
      <div className="grid min-w-0 gap-5 md:grid-cols-2 xl:grid-cols-3 [&>*]:min-w-0">
        {may('tenant:read') ? (
          tenants.data ? (
            <TenantsCard facets={tenants.data} />
          ) : (
            <Skeleton className="h-60 rounded-lg" />
          )
        ) : null}
        {may('control:read') ? (
          matrix.data ? (
            <PoliciesCard matrix={matrix.data} />
          ) : (
            <Skeleton className="h-60 rounded-lg" />
          )
        ) : null}
        {may('job:read') ? <WorkCard /> : null}
      </div>
      <Card
        title={target ? `Timeline of ${target.replace(':', ' ')}` : 'Timeline'}
        end="every sealed line is in the ledger"
        className="pb-1"
      >
        <TargetTimeline {...(target ? { target } : {})} limit={12} />
      </Card>
    </>
  );
}

interface VerdictProps {
  matrix: Matrix | undefined;
  regions: { id: string; state: string }[] | undefined;
  tenants: { state: Record<string, number> } | undefined;
}

function OverviewVerdict({ regions, tenants, matrix }: VerdictProps) {
  const counts = useCounts().filter(count => count.n > 0);
  if (!regions && !tenants && counts.length === 0) return <Verdict>Reading what is so …</Verdict>;
  const unproved = matrix?.policies.filter(p => p.result === 'FAIL' || p.result === 'BLOCKED') ?? [];
  const rows = regions ?? [];
  const active = rows.filter(row => row.state === 'active').length;
  const ill = rows.filter(row => row.state !== 'active' && row.state !== 'retired');
  const [on, off] = [tenants?.state.active ?? 0, tenants?.state.suspended ?? 0];
  return (
    <Verdict>
      {regions ? (
        <>
          <Phrase href="/federation/regions">
            {rows.length === 0
              ? 'No region is registered here'
              : active === rows.length
                ? `All ${rows.length} regions are active`
                : `${active} of ${rows.length} regions are active`}
          </Phrase>
          {ill.slice(0, 3).map(row => (
            <span key={row.id}>
              ,{' '}
              <Phrase
                href={`/federation/regions/${row.id}`}
                tone={row.state === 'unreachable' ? 'bad' : 'watch'}
              >{`${row.id} is ${row.state}`}</Phrase>
            </span>
          ))}
          {ill.length > 3 ? `, ${ill.length - 3} more are not` : ''}.{' '}
        </>
      ) : null}
      {tenants ? (
        <>
          {off > 0 ? (
            <Phrase href="/federation/tenants?state=suspended" tone="watch">
              {`${off.toLocaleString('en')} of ${(on + off).toLocaleString('en')} tenants ${off === 1 ? 'is' : 'are'} suspended`}
            </Phrase>
          ) : (
            <Phrase href="/federation/tenants">
              {on === 0 ? 'No tenant yet' : `All ${on.toLocaleString('en')} tenants are active`}
            </Phrase>
          )}
          .{' '}
        </>
      ) : null}
      {unproved.length > 0 ? (
        <>
          <Phrase
            href="/settings/environment#policies"
            tone={unproved.some(p => p.result === 'FAIL') ? 'bad' : 'watch'}
          >
            {unproved.some(p => p.result === 'FAIL')
              ? notKept(unproved.filter(p => p.result === 'FAIL').map(p => p.policy))
              : `${unproved.map(p => p.policy).join(', ')} cannot be proved yet`}
          </Phrase>
          .{' '}
        </>
      ) : null}
      {counts.map(({ name, text, href, tone }, i) => (
        <span key={name}>
          {i > 0 ? ' and ' : ''}
          <Phrase href={href} tone={tone}>
            {text}
          </Phrase>
        </span>
      ))}
      {counts.length > 0 ? ` ${needLook(counts)}.` : null}
    </Verdict>
  );
}
