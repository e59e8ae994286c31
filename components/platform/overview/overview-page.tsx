'use client';

import { useQuery } from '@tanstack/react-query';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { RegionMap } from '#components/federation/regions/region-map.tsx';
import { TargetTimeline } from '#components/governance/audit/target-timeline.tsx';
import { Card } from '#components/ui/card.tsx';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';
import { NeedsYou } from './needs-you.tsx';

export function OverviewPage() {
  const trpc = useTRPC();
  const me = useMe();
  const { data: regions } = useQuery({
    ...trpc.regions.list.queryOptions({ limit: 500 }),
    enabled: me.permissions.includes('region:read'),
  });
  const { data: tenants } = useQuery({
    ...trpc.tenants.facets.queryOptions(),
    enabled: me.permissions.includes('tenant:read'),
  });
  const rows = regions?.rows ?? [];
  const active = rows.filter(row => row.state === 'active').length;
  const ill = rows.filter(row => row.state !== 'active' && row.state !== 'retired');
  const suspended = tenants?.state.suspended ?? 0;
  return (
    <>
      <Verdict>
        <Phrase href="/federation/regions">
          {regions ? `${active} of ${rows.length} regions active` : 'Reading the regions …'}
        </Phrase>
        {ill.map(row => (
          <span key={row.id}>
            ,{' '}
            <Phrase
              href={`/federation/regions/${row.id}`}
              tone={row.state === 'unreachable' ? 'bad' : 'watch'}
            >{`${row.id} is ${row.state}`}</Phrase>
          </span>
        ))}
        .{' '}
        {tenants ? (
          <Phrase href="/federation/tenants" tone={suspended > 0 ? 'watch' : 'plain'}>
            {suspended > 0
              ? `${suspended} of ${(tenants.state.active ?? 0) + suspended} tenants are suspended`
              : `All ${tenants.state.active ?? 0} tenants are active`}
          </Phrase>
        ) : null}
        {tenants ? '.' : null}
      </Verdict>
      <div className="grid gap-5 lg:grid-cols-[2fr_1fr]">
        <RegionMap rows={rows} />
        <NeedsYou />
      </div>
      <Card title="Timeline" end="every sealed line is in the ledger" className="pb-1">
        <TargetTimeline limit={12} />
      </Card>
    </>
  );
}
