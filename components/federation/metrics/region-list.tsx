'use client';

import Link from 'next/link';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { Time } from '#components/console/time.tsx';
import type { Sources } from '#server/federation/metrics/schema.ts';

const words = { answered: 'Answers', late: 'Too late', unreachable: 'Gap', refused: 'Refuses' };

export function RegionList({ rows }: { rows: Sources['rows'] }) {
  return (
    <ul className="grid gap-1 p-3.5">
      {rows.map(row => (
        <li
          key={row.region}
          className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b py-1.5 last:border-b-0"
        >
          <Link href={`/federation/regions/${row.region}`} className="link w-36 font-medium">
            {row.region}
          </Link>
          <span className={row.state === 'answered' ? 'text-ok' : 'text-bad'}>{words[row.state]}</span>
          <span className="num text-ink-2">{row.tookMs} ms</span>
          <span className="text-ink-2">
            {row.newest === null ? (
              'age of its samples unknown'
            ) : (
              <>
                newest sample <Time at={new Date(row.newest * 1000).toISOString()} />
              </>
            )}
          </span>
          {row.reason ? <span className="text-bad">{row.reason}</span> : null}
          {row.simulated ? (
            <span className="ml-auto">
              <SimulatedBadge />
            </span>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
