'use client';

import { geoNaturalEarth1, geoPath } from 'd3-geo';
import Link from 'next/link';
import { feature } from 'topojson-client';
import type { Topology } from 'topojson-specification';
import land from 'world-atlas/land-110m.json';
import { useNarrow } from '#components/console/data-table/narrow.ts';
import { useDownRegions } from '#components/federation/edge-routing/down-regions.ts';
import type { Flow } from '#components/federation/replication/flow-of.ts';
import type { RegionRow } from '#server/federation/regions/schema.ts';
import { databaseDown, type Standing, standingOf } from './standing.ts';

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
/** Names stay readable where a line or a coast runs beneath them. */
const halo = {
  stroke: 'var(--surface)',
  strokeWidth: 3,
  paintOrder: 'stroke',
  strokeLinejoin: 'round',
} as const;

const fills: Partial<Record<Standing, string>> = {
  [databaseDown]: 'var(--bad)',
  active: 'var(--ok)',
  unreachable: 'var(--bad)',
  degraded: 'var(--watch)',
  quarantined: 'var(--watch)',
};

const strokes: Record<Flow['tone'], string> = {
  ok: 'var(--ok)',
  watch: 'var(--watch)',
  bad: 'var(--bad)',
  idle: 'var(--ink-3)',
};

/** Bent, so that there and back are two lines. */
function arc(from: { x: number; y: number }, to: { x: number; y: number }): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const bend = 0.18;
  const [mx, my] = [(from.x + to.x) / 2 + dy * bend, (from.y + to.y) / 2 - Math.abs(dx) * bend];
  return `M${from.x},${from.y} Q${mx},${my} ${to.x},${to.y}`;
}

export default function WorldMap({ rows, flows = [] }: { rows: RegionRow[]; flows?: Flow[] }) {
  const narrow = useNarrow();
  const down = useDownRegions();
  const placed = rows.flatMap(row => {
    const at = row.lat === null || row.lon === null ? null : projection([row.lon, row.lat]);
    return at ? [{ row, standing: standingOf(row, down), x: at[0], y: at[1] }] : [];
  });
  // A name stands where no line begins.
  const xOf = (id: string) => placed.find(p => p.row.id === id)?.x;
  const leavesEast = new Set(
    flows.flatMap(({ from, to }) => {
      const [a, b] = [xOf(from), xOf(to)];
      return a === undefined || b === undefined ? [] : [a < b ? from : to];
    }),
  );
  const away = narrow ? 18 : 10;
  return (
    <figure className="overflow-hidden rounded-lg border bg-surface shadow-card">
      <svg
        viewBox={`0 0 ${size.width} ${size.height}`}
        className="block max-h-[22rem] w-full"
        role="group"
        aria-label={`Map of ${placed.length} regions; the table below lists them`}
      >
        <path d={outline} fill="var(--line)" stroke="var(--line)" />
        {flows.map(flow => {
          const [from, to] = [flow.from, flow.to].map(id => placed.find(p => p.row.id === id));
          if (!from || !to) return null;
          return (
            <Link
              key={flow.id}
              href={flow.href}
              aria-label={`Replication ${flow.id}, ${flow.from} to ${flow.to}: ${flow.words}`}
            >
              <title>{`${flow.id}: ${flow.from} to ${flow.to}, ${flow.words}`}</title>
              <path d={arc(from, to)} fill="none" stroke="transparent" strokeWidth={14} />
              <path
                d={arc(from, to)}
                fill="none"
                stroke={strokes[flow.tone]}
                strokeWidth={narrow ? 4 : 1.75}
                strokeDasharray={flow.tone === 'ok' ? '6 6' : flow.tone === 'idle' ? '2 8' : '12 6'}
                className={flow.tone === 'ok' ? 'flowing' : undefined}
              />
            </Link>
          );
        })}
        {placed.map(({ row, standing, x, y }) => {
          const atEdge = narrow && x > size.width * 0.75;
          const left = atEdge || leavesEast.has(row.id);
          return (
            <Link key={row.id} href={`/federation/regions/${row.id}`} aria-label={`${row.id}, ${standing}`}>
              <circle
                cx={x}
                cy={y}
                r={narrow ? 18 : 9}
                fill={fills[standing] ?? 'var(--ink-3)'}
                opacity={0.18}
              />
              <circle
                cx={x}
                cy={y}
                r={narrow ? 10 : 4.5}
                fill={row.simulated ? 'var(--surface)' : (fills[standing] ?? 'var(--ink-3)')}
                stroke={fills[standing] ?? 'var(--ink-3)'}
                strokeWidth={narrow ? 5 : 2}
              />
              <text
                x={left ? x - away : x + away}
                textAnchor={left ? 'end' : 'start'}
                y={narrow ? (atEdge ? y - 22 : y + 9) : y - 2}
                fontSize={narrow ? 27 : 12}
                fontWeight={600}
                fill="var(--ink)"
                {...halo}
              >
                {row.id}
              </text>
              {narrow ? null : (
                <text
                  x={left ? x - away : x + away}
                  textAnchor={left ? 'end' : 'start'}
                  y={y + 12}
                  fontSize={11}
                  fill="var(--ink-2)"
                  {...halo}
                >
                  {standing}
                  {row.simulated ? ', simulated' : ''}
                </text>
              )}
            </Link>
          );
        })}
      </svg>
      {flows.length > 0 ? (
        <figcaption className="flex flex-wrap gap-x-5 gap-y-1 border-t px-3.5 py-2 text-sm">
          {flows.map(flow => (
            <Link key={flow.id} href={flow.href} className="text-ink-2 hover:text-ink">
              <span
                aria-hidden
                className="mr-1.5 inline-block h-0.5 w-4 align-middle"
                style={{ background: strokes[flow.tone] }}
              />
              {flow.from} to {flow.to}: {flow.words}
            </Link>
          ))}
        </figcaption>
      ) : null}
    </figure>
  );
}
