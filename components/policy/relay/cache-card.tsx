'use client';

import { useQuery } from '@tanstack/react-query';
import { NotConnected } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import type { CacheStats } from '#server/policy/cache/schema.ts';

const number = (n: number) => n.toLocaleString('en');
const mebibytes = (n: number) => `${(n / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 1 })} MiB`;

/** What the inference cache beside the local relay says of itself. */
export function CacheCard() {
  const trpc = useTRPC();
  const mayNot = useWhyNot('cache:read') !== null;
  const { data } = useQuery({
    ...trpc.cache.stats.queryOptions({}),
    refetchInterval: 5000,
    enabled: !mayNot,
  });
  if (mayNot) return null;
  return (
    <Card title="Inference cache of the local relay" end={data ? <Time at={data.askedAt} /> : null}>
      {data === undefined ? <Skeleton className="m-3.5 h-24" /> : null}
      {data?.reachable === false ? (
        <NotConnected title="Unreachable">
          {data.why} The relay of this machine answers for its cache at <code>{data.address}</code> while it
          runs.
        </NotConnected>
      ) : null}
      {data?.reachable ? <Stats stats={data.stats} /> : null}
    </Card>
  );
}

function Stats({ stats }: { stats: CacheStats }) {
  const asked = stats.hits + stats.misses;
  const filled = Math.min(1, stats.bytes / stats.limitBytes);
  const facts: [string, string, string][] = [
    [
      'Hit rate',
      stats.hitRatio === null ? 'nothing asked yet' : `${(stats.hitRatio * 100).toFixed(1)} %`,
      `${number(stats.hits)} of ${number(asked)} lookups`,
    ],
    [
      'Held',
      `${number(stats.entries)} answers`,
      `${mebibytes(stats.bytes)} of ${mebibytes(stats.limitBytes)}`,
    ],
    [
      'Coalesced',
      number(stats.coalesced),
      `lookups that met one under way; ${number(stats.inFlight)} in flight`,
    ],
    ['Refused', number(stats.refused), 'for want of consent to caching'],
    ['Dropped', number(stats.invalidated), 'on request, or by a new policy'],
    ['Aged out', number(stats.expired + stats.evicted), `${number(stats.evicted)} of them for room`],
  ];
  return (
    <div className="grid gap-3 p-3.5">
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3 lg:grid-cols-6">
        {facts.map(([label, value, note]) => (
          <div key={label}>
            <dt className="text-ink-3 text-sm">{label}</dt>
            <dd className="num font-medium">{value}</dd>
            <dd className="text-ink-2 text-sm">{note}</dd>
          </div>
        ))}
      </dl>
      <div
        role="img"
        className="h-2 overflow-hidden rounded-sm bg-sunken"
        aria-label={`${mebibytes(stats.bytes)} of ${mebibytes(stats.limitBytes)} are used`}
      >
        <div className="h-full bg-accent" style={{ width: `${filled * 100}%` }} />
      </div>
    </div>
  );
}
