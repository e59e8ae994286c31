import Link from 'next/link';
import type { ReactNode } from 'react';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { Card } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { RoutedRegion, RouteOutput } from '#server/federation/edge-routing/schema.ts';

/** Every region in order, kept or not, each with all its reasons. */
export function RouteResult({ route }: { route: RouteOutput }) {
  return (
    <Card title="Regions, in order">
      <p className="px-3.5 pt-1 pb-2 text-ink-2 text-sm">
        {route.from
          ? `Asked from ${route.from.lat}, ${route.from.lon} (${route.from.source}). `
          : 'Where the request comes from is not known, so distance says nothing. '}
        Ordered by {route.by}.
      </p>
      <ol className="divide-y border-t" aria-label="Regions in order">
        {route.regions.map(region => (
          <Region key={region.region} region={region} />
        ))}
      </ol>
    </Card>
  );
}

function Region({ region: r }: { region: RoutedRegion }) {
  return (
    <li className="grid gap-x-6 gap-y-2 px-3.5 py-2.5 lg:grid-cols-[14rem_16rem_1fr]">
      <div className="flex flex-wrap items-start gap-2">
        <Link className="link font-medium" href={`/federation/regions/${r.region}`}>
          {r.region}
        </Link>
        <Pill tone={r.kept ? 'ok' : 'bad'}>{r.kept ? `kept, ${r.rank}.` : 'rejected'}</Pill>
        {r.kept && r.right === 'refuses' ? <Pill tone="watch">read only</Pill> : null}
        {r.kept && r.right === 'unknown' ? <Pill tone="watch">role not known</Pill> : null}
        {r.simulated ? <SimulatedBadge /> : null}
      </div>
      <dl className="grid grid-cols-3 gap-x-3 self-start">
        <Figure title="Latency">{r.latencyMs === null ? null : `${r.latencyMs} ms`}</Figure>
        <Figure title="Used">{r.load === null ? null : `${Math.round(r.load * 100)} %`}</Figure>
        <Figure title="Price">{r.price === null ? null : `× ${r.price}`}</Figure>
      </dl>
      <ul className="grid gap-0.5 self-start">
        {r.reasons.map(reason => (
          <li key={reason} className={r.kept ? 'text-ink-2' : undefined}>
            {reason}
          </li>
        ))}
      </ul>
    </li>
  );
}

const Figure = ({ title, children }: { title: string; children: ReactNode }) => (
  <div>
    <dt className="text-ink-3 text-sm">{title}</dt>
    <dd className="num">{children ?? <span className="text-ink-3">not known</span>}</dd>
  </div>
);
