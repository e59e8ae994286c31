'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import { type FormEvent, useEffect, useId, useState } from 'react';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Input, Select } from '#components/ui/input.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import type { QueryAnswer, Sources } from '#server/federation/metrics/schema.ts';
import { lineOf } from './line-style.ts';
import { figure, mostLines, tableOf } from './points.ts';
import { RegionList } from './region-list.tsx';

const ExplorerChart = dynamic(() => import('./explorer-chart.tsx').then(m => m.ExplorerChart), {
  ssr: false,
  loading: () => <Skeleton className="h-[280px]" />,
});

const spans = { '15m': [900, 15], '1h': [3600, 30], '6h': [21_600, 120], '24h': [86_400, 600] } as const;
type Span = keyof typeof spans;
const spanNames = Object.keys(spans) as Span[];
const usual = 'avg by (region) (atom_service_cpu_ratio)';

export function MetricsPage() {
  const trpc = useTRPC();
  const { data: sources, error } = useQuery({
    ...trpc.metrics.sources.queryOptions(),
    refetchInterval: 15_000,
  });
  if (error) return <ErrorState title="The regions could not be asked">{messageOf(error)}</ErrorState>;
  if (!sources) return <Skeleton className="h-96" />;
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <SourcesVerdict sources={sources} />
        {sources.rows.some(row => row.simulated) ? (
          <span className="ml-auto">
            <SimulatedBadge />
          </span>
        ) : null}
      </div>
      {sources.rows.length === 0 ? (
        <EmptyState title="No region’s Prometheus is connected">
          Set PROM_REGION_URLS to name=URL pairs; each region is then asked with a deadline of its own.
        </EmptyState>
      ) : (
        <Explorer />
      )}
      <Card title="Regions" end={`deadline ${sources.deadlineMs / 1000} s each`}>
        <RegionList rows={sources.rows} />
      </Card>
    </>
  );
}

function SourcesVerdict({ sources }: { sources: Sources }) {
  const away = sources.rows.filter(row => row.state !== 'answered');
  if (sources.rows.length === 0) return <Verdict>No region can be asked for its metrics.</Verdict>;
  if (away.length === 0)
    return <Verdict>All {sources.rows.length} regions answer for their metrics.</Verdict>;
  return (
    <Verdict>
      {sources.rows.length - away.length} of {sources.rows.length} regions answer;{' '}
      <Phrase href={`/federation/regions/${away[0]?.region}`} tone="bad">
        {away.map(row => row.region).join(', ')}
      </Phrase>{' '}
      {away.length === 1 ? 'is' : 'are'} a gap.
    </Verdict>
  );
}

function Explorer() {
  const trpc = useTRPC();
  const [asked, ask] = useQueryStates({
    q: parseAsString.withDefault(usual),
    span: parseAsStringLiteral(spanNames).withDefault('1h'),
  });
  const [typed, type] = useState(asked.q);
  useEffect(() => type(asked.q), [asked.q]);
  const [length, step] = spans[asked.span];
  // On a grid of whole steps, so that a second look within one asks for the same.
  const [tick, setTick] = useState(() => Math.floor(Date.now() / 1000 / step));
  useEffect(() => {
    const timer = setInterval(() => setTick(Math.floor(Date.now() / 1000 / step)), 5_000);
    return () => clearInterval(timer);
  }, [step]);
  const end = tick * step;
  const start = end - length;
  const { data, error, isFetching } = useQuery({
    ...trpc.metrics.queryRange.queryOptions({ query: asked.q, start, end, step }, { retry: false }),
    placeholderData: keepPreviousData,
  });
  const { data: names } = useQuery(trpc.metrics.labelValues.queryOptions({ label: '__name__' }));
  const listId = useId();
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setTick(Math.floor(Date.now() / 1000 / step));
    void ask({ q: typed.trim() || usual });
  };
  return (
    <Card>
      <form className="flex flex-wrap items-center gap-2 p-3.5" onSubmit={submit}>
        <Input
          aria-label="PromQL query"
          className="min-w-60 flex-1 basis-full font-mono sm:basis-0"
          list={listId}
          value={typed}
          spellCheck={false}
          onChange={e => type(e.target.value)}
        />
        <datalist id={listId}>
          {(names?.data ?? []).map(name => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <Select
          aria-label="Time span"
          className="w-20"
          value={asked.span}
          onChange={e => void ask({ span: e.target.value as Span })}
        >
          {spanNames.map(name => (
            <option key={name}>{name}</option>
          ))}
        </Select>
        <Button kind="primary" type="submit" busy={isFetching}>
          Ask
        </Button>
      </form>
      {error ? (
        <ErrorState title="The query was not answered">{messageOf(error)}</ErrorState>
      ) : data ? (
        <Answer answer={data} query={asked.q} start={start} end={end} step={step} />
      ) : (
        <Skeleton className="m-3.5 h-72" />
      )}
    </Card>
  );
}

function Answer({
  answer,
  query,
  start,
  end,
  step,
}: {
  answer: QueryAnswer;
  query: string;
  start: number;
  end: number;
  step: number;
}) {
  const table = tableOf(answer, start, end, step);
  return (
    <div className="grid gap-3 px-3.5 pb-3.5">
      {answer.warnings.length > 0 ? (
        <div role="status" className="rounded-md border border-watch p-2.5 text-watch">
          <ul aria-label="Warnings" className="grid gap-1">
            {answer.warnings.map(text => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </div>
      ) : null}
      {answer.infos.map(text => (
        <p key={text} className="text-ink-2">
          {text}
        </p>
      ))}
      {table.series.length === 0 ? (
        <EmptyState title="No series fits">
          The regions answered, and none has such a series in this span.
        </EmptyState>
      ) : (
        <>
          <ExplorerChart table={table} label={query} />
          {table.series.length > mostLines ? (
            <p className="text-ink-2">
              {mostLines} of {table.series.length} series are drawn; the table has all of them.
            </p>
          ) : null}
          <ScrollArea label="All series" className="max-h-72">
            <table aria-label="Series" className="num w-full text-sm">
              <thead className="text-left text-ink-2">
                <tr>
                  <th className="py-1 font-normal">Region</th>
                  <th className="font-normal">Series</th>
                  <th className="text-right font-normal">Latest</th>
                </tr>
              </thead>
              <tbody>
                {table.series.map((series, i) => (
                  <tr key={series.id} className="border-t align-middle">
                    <td className="whitespace-nowrap py-1 pr-4">
                      <svg aria-hidden className="mr-2 inline h-2 w-6" viewBox="0 0 24 8">
                        {i < mostLines ? (
                          <line x1="0" y1="4" x2="24" y2="4" strokeWidth="2" {...lineOf(i)} />
                        ) : null}
                      </svg>
                      {series.region}
                    </td>
                    <td className="break-all font-mono text-ink-2">{series.label}</td>
                    <td className="pl-4 text-right">
                      {series.latest === null ? 'no value' : figure(series.latest)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollArea>
        </>
      )}
    </div>
  );
}
