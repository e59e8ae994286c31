'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Check, Download, HelpCircle, X } from 'lucide-react';
import { Properties } from '#components/console/detail.tsx';
import { IdChip } from '#components/console/id-chip.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Skeleton } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import { toast } from '#components/ui/toast.ts';
import type { GameDayCheck, GameDayDetail } from '#server/governance/simulation/schema/game-days.ts';
import { figure, verdictTone, verdictWord } from './words.ts';

export function GameDayDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const trpc = useTRPC();
  const { data, error } = useQuery({
    ...trpc.simulations.gameDay.queryOptions({ id }),
    refetchInterval: query => (query.state.data?.finishedAt === null ? 5000 : false),
  });
  return (
    <Dialog
      open
      wide
      onOpenChange={open => !open && onClose()}
      title={data ? `${data.title} on ${data.target.id}` : 'Game day'}
    >
      {error ? <ErrorState title="It could not be read">{messageOf(error)}</ErrorState> : null}
      {!data && !error ? <Skeleton className="h-60" /> : null}
      {data ? <GameDayView day={data} /> : null}
    </Dialog>
  );
}

function CheckLine({ check }: { check: GameDayCheck }) {
  const [Icon, tone, word] =
    check.ok === null
      ? ([HelpCircle, 'text-ink-3', 'not known'] as const)
      : check.ok
        ? ([Check, 'text-ok', 'yes'] as const)
        : ([X, 'text-bad', 'no'] as const);
  return (
    <li className="flex items-start gap-2 py-1.5">
      <Icon className={`mt-0.5 size-4 shrink-0 ${tone}`} aria-label={word} />
      <span>
        <span className="font-medium">{check.name}.</span> <span className="text-ink-2">{check.said}.</span>
      </span>
    </li>
  );
}

function GameDayView({ day }: { day: GameDayDetail }) {
  const { before, during, after } = day.record;
  const policies = Object.keys(before?.policies ?? {});
  const looks = [
    ['Before', before],
    ['During', during],
    ['After', after],
  ] as const;
  return (
    <div className="grid grid-cols-1 gap-4">
      <div className="flex flex-wrap items-center gap-2">
        {day.verdict ? (
          <Pill tone={verdictTone[day.verdict]}>{verdictWord[day.verdict]}</Pill>
        ) : (
          <Pill tone={day.state === 'broken' ? 'bad' : 'idle'}>{day.state}</Pill>
        )}
        <SimulatedBadge />
        <span className="text-ink-2">
          {day.mode === 'live' ? `live for ${day.minutes} minutes` : 'rehearsed on a copy'}, asked by{' '}
          {day.requestedBy}, <Time at={day.startedAt} />
        </span>
      </div>
      <ul>
        {day.checks.map(check => (
          <CheckLine key={check.name} check={check} />
        ))}
      </ul>
      <ScrollArea label="Readings" className="rounded-md border">
        <table className="w-full min-w-[34rem] text-left text-sm">
          <thead className="text-ink-3">
            <tr>
              {['When', day.signal.name, ...policies].map(head => (
                <th key={head} scope="col" className="px-3 py-1.5 font-medium">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y border-t">
            {looks.map(([name, look]) => (
              <tr key={name}>
                <th scope="row" className="px-3 py-1.5 font-medium">
                  {name}
                </th>
                <td className="num whitespace-nowrap px-3 py-1.5">
                  {look ? `${figure(look.signal)} ${day.signal.unit}` : 'not yet'}
                </td>
                {policies.map(policy => (
                  <td key={policy} className="px-3 py-1.5 text-xs">
                    {look?.policies[policy] ?? 'not yet'}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
      {day.file ? (
        <Properties
          items={[
            [
              'Report',
              <span key="file" className="break-all font-mono text-sm">
                {day.file}
              </span>,
            ],
            [
              'Signed by',
              <span key="keys" className="flex flex-wrap gap-1">
                {day.signedBy.map(key => (
                  <IdChip key={key} id={key} />
                ))}
              </span>,
            ],
          ]}
        />
      ) : null}
      <Actions day={day} />
    </div>
  );
}

function Actions({ day }: { day: GameDayDetail }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('fault:inject');
  const stop = useMutation(
    trpc.simulations.stopGameDay.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.simulations.pathKey() }),
      onError: error => toast.error(messageOf(error)),
    }),
  );
  const save = (name: string, text: string) => {
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    Object.assign(document.createElement('a'), { href: url, download: name }).click();
    URL.revokeObjectURL(url);
  };
  const download = async () => {
    try {
      const { name, report, envelope } = await queries.fetchQuery(
        trpc.simulations.gameDayReport.queryOptions({ id: day.id }),
      );
      save(name, report);
      save(`${name}.dsse.json`, JSON.stringify(envelope));
    } catch (error) {
      toast.error(messageOf(error));
    }
  };
  return (
    <div className="flex flex-wrap justify-end gap-2">
      {day.file ? (
        <Button onClick={() => void download()}>
          <Download className="size-4" /> Report and signature
        </Button>
      ) : null}
      {day.state === 'broken' || day.state === 'recovering' ? (
        <Button kind="danger" why={why} busy={stop.isPending} onClick={() => stop.mutate({ id: day.id })}>
          Heal and stop
        </Button>
      ) : null}
    </div>
  );
}
