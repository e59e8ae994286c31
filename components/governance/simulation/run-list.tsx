'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Pager } from '#components/console/pager.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { RunRow } from '#server/governance/simulation/schema.ts';
import { RunDialog } from './run-drawer.tsx';
import { verdictTone, verdictWord } from './words.ts';

export function RunList({ kind, title, empty }: { kind: RunRow['kind']; title: string; empty: string }) {
  const trpc = useTRPC();
  const [offset, setOffset] = useState(0);
  const [open, setOpen] = useState<string | null>(null);
  const { data, error } = useQuery({
    ...trpc.simulations.runs.queryOptions({ kind: [kind], dir: 'desc', limit: 25, offset, total: true }),
    refetchInterval: 15_000,
  });
  if (error) return <ErrorState title="The list could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-40" />;
  return (
    <Card title={title} end={data.total === undefined ? null : `${data.total}`}>
      {data.rows.length === 0 ? (
        <EmptyState title="None yet">{empty}</EmptyState>
      ) : (
        <ul className="mt-2 divide-y border-t">
          {data.rows.map(run => (
            <li key={run.id}>
              <button
                type="button"
                className="flex w-full flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2 text-left hover:bg-sunken"
                onClick={() => setOpen(run.id)}
              >
                {run.verdict ? (
                  <Pill tone={verdictTone[run.verdict]}>{verdictWord[run.verdict]}</Pill>
                ) : (
                  <Pill>{run.state === 'running' ? 'under way' : run.state}</Pill>
                )}
                <span className="min-w-0 break-words font-medium">{run.title}</span>
                <span className="text-ink-2 text-sm">{run.tenantId ?? 'every tenant'}</span>
                <span className="num ml-auto text-ink-3 text-sm">
                  {run.score === null ? null : `score ${run.score}, `}
                  <Time at={run.createdAt} />
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <Pager offset={offset} next={data.nextOffset} onOffset={setOffset} pageSize={25} />
      {open ? <RunDialog id={open} onClose={() => setOpen(null)} /> : null}
    </Card>
  );
}
