import Link from 'next/link';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { Card } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import type { RoutedRegion, RouteOutput } from '#server/federation/edge-routing/schema.ts';

const unknown = <span className="text-ink-3">not known</span>;
const heads = ['Region', 'Verdict', 'Latency', 'Used', 'Price', 'Why'];

/** Every region in order, kept or not, each with all its reasons. */
export function RouteResult({ route }: { route: RouteOutput }) {
  return (
    <Card title="Regions, in order">
      <p className="px-3.5 pt-1 text-ink-2 text-sm">
        {route.from
          ? `Asked from ${route.from.lat}, ${route.from.lon} (${route.from.source}). `
          : 'Where the request comes from is not known, so distance says nothing. '}
        Ordered by {route.by}.
      </p>
      <ScrollArea label="Regions in order" className="p-3.5">
        <table className="w-full min-w-[52rem] text-left align-top">
          <thead className="text-ink-3 text-sm">
            <tr>
              {heads.map(head => (
                <th key={head} scope="col" className="px-2 py-1.5 font-medium">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y border-t">
            {route.regions.map(region => (
              <Row key={region.region} region={region} />
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </Card>
  );
}

function Row({ region: r }: { region: RoutedRegion }) {
  return (
    <tr>
      <th scope="row" className="px-2 py-2 align-top font-medium">
        <Link className="link" href={`/federation/regions/${r.region}`}>
          {r.region}
        </Link>
        {r.simulated ? (
          <span className="ml-2">
            <SimulatedBadge />
          </span>
        ) : null}
      </th>
      <td className="px-2 py-2 align-top">
        <Pill tone={r.kept ? 'ok' : 'bad'}>{r.kept ? `kept, ${r.rank}.` : 'rejected'}</Pill>
      </td>
      <td className="num px-2 py-2 align-top">{r.latencyMs === null ? unknown : `${r.latencyMs} ms`}</td>
      <td className="num px-2 py-2 align-top">
        {r.load === null ? unknown : `${Math.round(r.load * 100)} %`}
      </td>
      <td className="num px-2 py-2 align-top">{r.price === null ? unknown : `× ${r.price}`}</td>
      <td className="px-2 py-2 align-top">
        <ul className="grid gap-0.5">
          {r.reasons.map(reason => (
            <li key={reason} className={r.kept ? 'text-ink-2' : undefined}>
              {reason}
            </li>
          ))}
        </ul>
      </td>
    </tr>
  );
}
