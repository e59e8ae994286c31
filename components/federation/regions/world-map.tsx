'use client';

import { geoNaturalEarth1, geoPath } from 'd3-geo';
import Link from 'next/link';
import { feature } from 'topojson-client';
import type { Topology } from 'topojson-specification';
import land from 'world-atlas/land-110m.json';
import { useNarrow } from '#components/console/data-table/narrow.ts';
import type { RegionRow } from '#server/federation/regions/schema.ts';

const size = { width: 960, height: 420 };
const projection = geoNaturalEarth1().fitExtent(
  [
    [0, 10],
    [size.width, size.height + 60],
  ],
  { type: 'Sphere' },
);
const path = geoPath(projection);
const topology = land as unknown as Topology;
const outline = path(feature(topology, topology.objects.land as never)) ?? '';
const fills: Partial<Record<RegionRow['state'], string>> = {
  active: 'var(--ok)',
  unreachable: 'var(--bad)',
  degraded: 'var(--watch)',
  quarantined: 'var(--watch)',
};

export default function WorldMap({ rows }: { rows: RegionRow[] }) {
  const narrow = useNarrow();
  const placed = rows.flatMap(row => {
    const at = row.lat === null || row.lon === null ? null : projection([row.lon, row.lat]);
    return at ? [{ row, x: at[0], y: at[1] }] : [];
  });
  return (
    <figure className="overflow-hidden rounded-lg border bg-surface shadow-card">
      <svg
        viewBox={`0 0 ${size.width} ${size.height}`}
        className="block max-h-[22rem] w-full"
        role="group"
        aria-label={`Map of ${placed.length} regions; the table below lists them`}
      >
        <path d={outline} fill="var(--line)" stroke="var(--line)" />
        {placed.map(({ row, x, y }) => (
          <Link key={row.id} href={`/federation/regions/${row.id}`} aria-label={`${row.id}, ${row.state}`}>
            <circle
              cx={x}
              cy={y}
              r={narrow ? 18 : 9}
              fill={fills[row.state] ?? 'var(--ink-3)'}
              opacity={0.18}
            />
            <circle
              cx={x}
              cy={y}
              r={narrow ? 10 : 4.5}
              fill={row.simulated ? 'var(--surface)' : (fills[row.state] ?? 'var(--ink-3)')}
              stroke={fills[row.state] ?? 'var(--ink-3)'}
              strokeWidth={narrow ? 5 : 2}
            />
            <text
              x={narrow ? (x > size.width * 0.75 ? x - 18 : x + 18) : x + 10}
              textAnchor={narrow && x > size.width * 0.75 ? 'end' : 'start'}
              y={narrow ? y + 9 : y - 2}
              fontSize={narrow ? 27 : 12}
              fontWeight={600}
              fill="var(--ink)"
            >
              {row.id}
            </text>
            {narrow ? null : (
              <text x={x + 10} y={y + 12} fontSize={11} fill="var(--ink-2)">
                {row.state}
                {row.simulated ? ', simulated' : ''}
              </text>
            )}
          </Link>
        ))}
      </svg>
    </figure>
  );
}
