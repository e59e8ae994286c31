'use client';

import Link from 'next/link';
import { cn } from '#components/ui/cn.ts';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import { dimensions, levelOf } from '#server/governance/risk/schema/terms.ts';
import type { Dimension, Level, RiskOverview } from '#server/governance/risk/schema.ts';
import { dimensionWord, levelWord, percent } from './words.ts';

const tones: Record<Level, string> = {
  low: 'bg-sunken text-ink-2',
  med: 'bg-watch-soft text-watch',
  high: 'bg-bad-soft text-bad',
  critical: 'bg-bad-soft text-bad ring-2 ring-bad ring-inset',
};

/** A row is chosen here, or leads to where it can be. */
type Choosing =
  | { chosen: string | null; onChoose: (tenantId: string) => void }
  | { href: (tenantId: string) => string };

/** Tenants by dimensions, the worst first. A row that is chosen says why below; what is out of date is said, not coloured. */
export function HeatMap({
  overview,
  most,
  ...choosing
}: {
  overview: RiskOverview;
  /** Only the worst so many. */
  most?: number;
} & Choosing) {
  const worst = (row: RiskOverview['rows'][number]) =>
    row.scores && !row.stale ? Math.max(...Object.values(row.scores)) : -1;
  const rows = overview.rows
    .toSorted((a, b) => worst(b) - worst(a) || a.name.localeCompare(b.name))
    .slice(0, most);
  const chosen = 'chosen' in choosing ? choosing.chosen : null;
  return (
    <ScrollArea label="Risk of each tenant">
      <table className="w-full border-collapse text-left">
        <thead>
          <tr className="text-ink-2 text-sm">
            <th scope="col" className="py-1.5 pl-3.5 font-medium">
              Tenant
            </th>
            {dimensions.map(dimension => (
              <th key={dimension} scope="col" className="w-[13%] px-0.5 text-center font-medium">
                <span className="hidden md:inline">{dimensionWord[dimension]}</span>
                <abbr className="no-underline md:hidden" title={dimensionWord[dimension]}>
                  {dimensionWord[dimension].slice(0, 4)}
                </abbr>
              </th>
            ))}
            <th scope="col" className="hidden px-2 text-right font-medium md:table-cell">
              Probability
            </th>
            <th scope="col" className="hidden px-3.5 text-right font-medium md:table-cell">
              Incidents
            </th>
          </tr>
        </thead>
        <tbody className="divide-y border-t">
          {rows.map(row => (
            <tr key={row.tenantId} className={cn(row.tenantId === chosen && 'bg-sunken')}>
              <th scope="row" className="max-w-40 py-1 pl-3.5 font-medium">
                {'href' in choosing ? (
                  <Link href={choosing.href(row.tenantId)} className="link block max-w-full truncate">
                    {row.name}
                  </Link>
                ) : (
                  <button
                    type="button"
                    className="link block max-w-full truncate text-left"
                    aria-pressed={row.tenantId === chosen}
                    onClick={() => choosing.onChoose(row.tenantId)}
                  >
                    {row.name}
                  </button>
                )}
                {row.stale ? (
                  <span className="block font-normal text-ink-2 text-xs">
                    {row.at ? 'out of date' : 'not scored yet'}
                  </span>
                ) : null}
              </th>
              {dimensions.map(dimension => (
                <td key={dimension} className="px-0.5 py-1 text-center">
                  <Cell dimension={dimension} name={row.name} score={row.stale ? null : row.scores} />
                </td>
              ))}
              <td className="num hidden px-2 text-right md:table-cell">
                {row.probability === null || row.stale ? '–' : percent(row.probability)}
              </td>
              <td className="num hidden px-3.5 text-right md:table-cell">{row.openIncidents}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollArea>
  );
}

function Cell({
  dimension,
  name,
  score,
}: {
  dimension: Dimension;
  name: string;
  score: RiskOverview['rows'][number]['scores'];
}) {
  if (!score) return <span className="text-ink-2">–</span>;
  const value = score[dimension];
  const level = levelOf(value);
  return (
    <span
      className={cn(
        'num inline-flex h-7 w-full max-w-28 items-center justify-center rounded-md text-sm',
        level !== 'low' && 'font-semibold',
        tones[level],
      )}
      title={`${name}, ${dimensionWord[dimension]}: ${value} of 100, ${levelWord[level].toLowerCase()}`}
    >
      {Math.round(value)}
    </span>
  );
}
