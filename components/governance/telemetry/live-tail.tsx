'use client';

import { useQuery } from '@tanstack/react-query';
import { Pause, Play } from 'lucide-react';
import { useState } from 'react';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Skeleton } from '#components/ui/card.tsx';
import type { SearchResult } from '#server/governance/observability/schema.ts';
import { rowKey } from './event-drawer.tsx';
import type { useTelemetryFilter } from './telemetry-filter.ts';

const colours: Record<string, string> = { medium: 'text-watch', high: 'text-bad', critical: 'text-bad' };

/** The newest events as they come, under the same filter. A hint of the stream asks again; paused, the lines stand still. */
export function LiveTail({
  page,
  onOpen,
}: {
  page: ReturnType<typeof useTelemetryFilter>;
  onOpen: (key: string) => void;
}) {
  const trpc = useTRPC();
  const [held, setHeld] = useState<SearchResult['rows'] | null>(null);
  const {
    q: _words,
    from: _from,
    to: _to,
    ...filter
  } = page.filter as typeof page.filter & { q?: string; from?: string; to?: string };
  const { data, error } = useQuery({
    ...trpc.telemetry.search.queryOptions({ ...filter, limit: 100 }),
    placeholderData: before => before,
  });
  const rows = held ?? data?.rows;
  const newer = held && data ? data.rows.filter(row => !held.some(h => rowKey(h) === rowKey(row))).length : 0;
  if (error && !rows) return <ErrorState title="The tail could not be read">{messageOf(error)}</ErrorState>;
  return (
    <section className="overflow-hidden rounded-lg border bg-surface shadow-card" aria-label="Live tail">
      <header className="flex items-center gap-2 border-b px-3.5 py-2">
        <h2 className="font-semibold">Live tail</h2>
        <span aria-live="polite" className="num text-ink-3 text-sm">
          {held
            ? `paused${newer > 0 ? `, ${newer === 100 ? '100 or more' : newer} newer` : ''}`
            : 'newest first'}
        </span>
        <Button size="sm" className="ml-auto" onClick={() => setHeld(held ? null : (data?.rows ?? []))}>
          {held ? <Play className="size-3.5" /> : <Pause className="size-3.5" />} {held ? 'Go on' : 'Pause'}
        </Button>
      </header>
      {!rows ? (
        <Skeleton className="m-3 h-40" />
      ) : rows.length === 0 ? (
        <EmptyState title="Nothing comes in">No event of this kind came in the time above.</EmptyState>
      ) : (
        <ol className="max-h-[50vh] overflow-auto py-1 font-mono text-sm">
          {rows.map(row => (
            <li key={rowKey(row)}>
              <button
                type="button"
                onClick={() => onOpen(rowKey(row))}
                className="flex w-full gap-3 px-3.5 py-0.5 text-left hover:bg-sunken"
              >
                <span className="num shrink-0 text-ink-3">{row.ts.slice(11, 19)}</span>
                <span className={`w-16 shrink-0 ${colours[row.severity] ?? 'text-ink-3'}`}>
                  {row.severity}
                </span>
                <span className="hidden w-40 shrink-0 truncate text-ink-2 md:block">
                  {row.service ?? row.tenantId}
                </span>
                <span className="min-w-0 truncate">{row.message ?? row.event}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
