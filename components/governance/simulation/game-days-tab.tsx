'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Pager } from '#components/console/pager.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
import { GameDayDialog } from './game-day-dialog.tsx';
import { GameDayForm } from './game-day-form.tsx';
import { verdictTone, verdictWord, weekdays } from './words.ts';

const stateWord = {
  broken: 'broken now',
  recovering: 'recovering',
  done: 'done',
  stopped: 'stopped',
} as const;

export function GameDaysTab() {
  const trpc = useTRPC();
  const [offset, setOffset] = useState(0);
  const [open, setOpen] = useState<string | null>(null);
  const library = useQuery(trpc.simulations.library.queryOptions({}));
  const { data, error } = useQuery({
    ...trpc.simulations.gameDays.queryOptions({ dir: 'desc', limit: 25, offset, total: true }),
    refetchInterval: 15_000,
  });
  if (error) return <ErrorState title="Game days could not be read">{messageOf(error)}</ErrorState>;
  if (!data || !library.data) return <Skeleton className="h-60" />;
  return (
    <div className="grid grid-cols-1 gap-4">
      <GameDayForm scenarios={library.data.scenarios} onStarted={setOpen} />
      <Card title="Held" end={`${data.total ?? data.rows.length}`}>
        {data.rows.length === 0 ? (
          <EmptyState title="None yet">
            Rehearse one above: it takes a second, touches nobody, and leaves a signed report.
          </EmptyState>
        ) : (
          <ul className="mt-2 divide-y border-t">
            {data.rows.map(day => (
              <li key={day.id}>
                <button
                  type="button"
                  className="flex w-full flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2 text-left hover:bg-sunken"
                  onClick={() => setOpen(day.id)}
                >
                  {day.verdict ? (
                    <Pill tone={verdictTone[day.verdict]}>{verdictWord[day.verdict]}</Pill>
                  ) : (
                    <Pill tone={day.state === 'broken' ? 'bad' : 'idle'}>{stateWord[day.state]}</Pill>
                  )}
                  <span className="font-medium">{day.title}</span>
                  <span className="font-mono text-sm">{day.target.id}</span>
                  <span className="text-ink-2 text-sm">
                    {day.mode === 'live' ? `live, ${day.minutes} min` : 'rehearsal'}
                    {day.scheduled ? ', weekly' : ''}
                  </span>
                  <span className="ml-auto text-ink-3 text-sm">
                    <Time at={day.startedAt} />
                  </span>
                </button>
              </li>
            ))}
          </ul>
        )}
        <Pager offset={offset} next={data.nextOffset} onOffset={setOffset} pageSize={25} />
      </Card>
      <Schedules />
      {open ? <GameDayDialog id={open} onClose={() => setOpen(null)} /> : null}
    </div>
  );
}

const two = (value: number) => String(value).padStart(2, '0');

function Schedules() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('fault:inject');
  const { data } = useQuery(trpc.simulations.schedules.queryOptions({}));
  const end = useMutation(
    trpc.simulations.unschedule.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.simulations.pathKey() }),
      onError: error => toast.error(messageOf(error)),
    }),
  );
  if (!data) return <Skeleton className="h-24" />;
  return (
    <Card title="Every week" end={`${data.rows.length}`}>
      {data.rows.length === 0 ? (
        <EmptyState title="None">
          Choose “every week” above, so that practising does not depend on anybody.
        </EmptyState>
      ) : (
        <ul className="mt-2 divide-y border-t">
          {data.rows.map(row => (
            <li key={row.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2">
              <span className="font-medium">{row.title}</span>
              <span className="font-mono text-sm">{row.target.id}</span>
              <span className="num text-ink-2">
                {weekdays[row.weekday]} {two(row.hour)}:{two(row.minute)} UTC, {row.minutes} min
              </span>
              <span className="ml-auto text-ink-3 text-sm">
                last <Time at={row.lastDue} />, next <Time at={row.nextDue} />
              </span>
              <Button
                size="sm"
                why={why}
                busy={end.isPending && end.variables?.id === row.id}
                onClick={() => end.mutate({ id: row.id })}
                aria-label={`End the weekly ${row.title.toLowerCase()}`}
              >
                End
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
