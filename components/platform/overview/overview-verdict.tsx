'use client';

import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { useDownRegions } from '#components/federation/edge-routing/down-regions.ts';
import { FailoverPhrase } from '#components/federation/edge-routing/failover-phrase.tsx';
import { databaseDown, standingOf } from '#components/federation/regions/standing.ts';
import type { Matrix } from '#server/platform/alerts/schema.ts';
import { useCounts } from '../frame/counts.ts';
import { useRisks } from './risk-card.tsx';
import type { ScopedTenants } from './scoped-tenants.ts';
import { many, needLook, notKept } from './words.ts';

interface Props {
  matrix: Matrix | undefined;
  regions: { id: string; state: string }[] | undefined;
  tenants: { state: Record<string, number> } | undefined;
  scoped: ScopedTenants;
}

/** The sentence that the whole page supports, each phrase leading to its evidence. */
export function OverviewVerdict({ regions, tenants, matrix, scoped }: Props) {
  const counts = useCounts().filter(count => count.n > 0);
  if (!regions && !tenants && counts.length === 0) return <Verdict>Reading what is so …</Verdict>;
  return (
    <Verdict>
      {regions ? <Regions rows={regions} /> : null}
      {tenants ? <Tenants on={tenants.state.active ?? 0} off={tenants.state.suspended ?? 0} /> : null}
      {regions ? <FailoverPhrase regions={regions} /> : null}
      <Risk scoped={scoped} />
      {matrix ? <Unproved matrix={matrix} /> : null}
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

function Regions({ rows }: { rows: { id: string; state: string }[] }) {
  const down = useDownRegions();
  const standing = rows.map(row => ({ id: row.id, state: standingOf(row, down) }));
  const active = standing.filter(row => row.state === 'active').length;
  const ill = standing.filter(row => row.state !== 'active' && row.state !== 'retired');
  return (
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
            tone={row.state === 'unreachable' || row.state === databaseDown ? 'bad' : 'watch'}
          >
            {row.state === databaseDown ? `the database of ${row.id} is down` : `${row.id} is ${row.state}`}
          </Phrase>
        </span>
      ))}
      {ill.length > 3 ? `, ${ill.length - 3} more are not` : ''}.{' '}
    </>
  );
}

function Tenants({ on, off }: { on: number; off: number }) {
  return (
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
  );
}

function Risk({ scoped }: { scoped: ScopedTenants }) {
  const { data } = useRisks();
  const bad =
    data?.rows.filter(
      row =>
        !row.stale &&
        (row.level === 'high' || row.level === 'critical') &&
        (scoped.ids === null || scoped.ids.includes(row.tenantId)),
    ) ?? [];
  const [first] = bad;
  if (!first) return null;
  return (
    <>
      <Phrase
        href={
          bad.length === 1
            ? `/governance/risk?tenant=${encodeURIComponent(first.tenantId)}`
            : '/governance/risk'
        }
        tone="bad"
      >
        {bad.length === 1
          ? `${first.name} is at high risk`
          : `${many(bad.length, 'tenant', 'tenants')} are at high risk`}
      </Phrase>
      .{' '}
    </>
  );
}

function Unproved({ matrix }: { matrix: Matrix }) {
  const unproved = matrix.policies.filter(p => p.result === 'FAIL' || p.result === 'BLOCKED');
  if (unproved.length === 0) return null;
  const failed = unproved.filter(p => p.result === 'FAIL');
  return (
    <>
      <Phrase href="/settings/environment#policies" tone={failed.length > 0 ? 'bad' : 'watch'}>
        {failed.length > 0
          ? notKept(failed.map(p => p.policy))
          : `${unproved.map(p => p.policy).join(', ')} cannot be proved yet`}
      </Phrase>
      .{' '}
    </>
  );
}
