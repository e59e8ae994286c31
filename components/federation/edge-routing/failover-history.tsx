'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { failoverAims } from '#server/federation/edge-routing/schema/terms.ts';
import type { FailoverRun } from '#server/federation/edge-routing/schema.ts';
import { bytes, seconds } from '../replication/stream-words.tsx';
import { RunHead, StepList } from './run-parts.tsx';

export const RunSteps = ({ run }: { run: FailoverRun }) => (
  <StepList steps={run.steps} label="Steps" className="gap-1.5 px-3.5 py-3" />
);

interface Figure {
  title: string;
  measured: string;
  beside: string[];
  over?: boolean;
}

const within = (value: number | null, aim: number): Pick<Figure, 'over'> => ({
  over: value !== null && value > aim,
});

/** Measured, beside what was predicted before the run and what is aimed at. */
function figuresOf(run: FailoverRun): Figure[] {
  const { detectSeconds, switchSeconds, rtoSeconds } = run;
  return [
    {
      title: 'Loss noticed',
      measured: detectSeconds === null ? 'nothing to notice' : seconds(detectSeconds),
      beside: [
        ...(run.predictedDetectSeconds === null ? [] : [`predicted ${run.predictedDetectSeconds} s`]),
        `aim ${failoverAims.detectSeconds} s`,
      ],
      ...within(detectSeconds, failoverAims.detectSeconds),
    },
    {
      title: 'Switch',
      measured: seconds(switchSeconds),
      beside: [`predicted ${run.predictedRtoSeconds} s`, `aim ${failoverAims.switchSeconds} s`],
      ...within(switchSeconds, failoverAims.switchSeconds),
    },
    { title: 'Without writes', measured: seconds(rtoSeconds), beside: ['the decision included'] },
    {
      title: 'Lost',
      measured: `${seconds(run.rpoSeconds)}, ${bytes(run.rpoBytes)}`,
      beside: [`predicted ${seconds(run.predictedRpoSeconds)}`],
    },
  ];
}

function RunFigures({ run }: { run: FailoverRun }) {
  if (run.dry)
    return (
      <p className="num text-ink-2">
        predicted: {seconds(run.predictedRpoSeconds)} lost, {run.predictedRtoSeconds} s without writes
      </p>
    );
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-1 lg:grid-cols-4">
      {figuresOf(run).map(figure => (
        <div key={figure.title}>
          <dt className="text-ink-3 text-sm">{figure.title}</dt>
          <dd className={figure.over ? 'num text-bad' : 'num'}>
            {figure.measured}
            <span className="block text-ink-2 text-sm">
              {figure.over ? 'over the aim; ' : ''}
              {figure.beside.join(', ')}
            </span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What was predicted and what was measured, side by side. */
export function FailoverHistory() {
  const trpc = useTRPC();
  const [open, setOpen] = useState<string | null>(null);
  const { data, error } = useQuery({ ...trpc.edgeRouting.history.queryOptions({}), refetchInterval: 5000 });
  if (error) return <ErrorState title="The history could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-40" />;
  return (
    <Card title="History">
      {data.runs.length === 0 ? (
        <EmptyState title="No failover has been made">
          A dry run shows the same steps and changes nothing.
        </EmptyState>
      ) : (
        <ul className="mt-2 divide-y border-t" aria-label="Failovers">
          {data.runs.map(run => (
            <li key={run.id} className="grid gap-1 px-3.5 py-2.5">
              <RunHead
                run={run}
                open={open === run.id}
                onOpen={() => setOpen(open === run.id ? null : run.id)}
                mark={run.automatic ? <Pill>proposed by the console</Pill> : null}
              >
                <span className="num text-ink-2">epoch {run.epoch}</span>
              </RunHead>
              <RunFigures run={run} />
              {run.message ? <p className="text-bad">{run.message}</p> : null}
              {open === run.id ? <RunSteps run={run} /> : null}
              {!run.dry && run.state === 'done' ? (
                <Link
                  className="link text-sm"
                  href={`/federation/failover?pair=${run.failback.from}.${run.failback.to}`}
                >
                  The way back: {run.failback.from} to {run.failback.to}
                </Link>
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
