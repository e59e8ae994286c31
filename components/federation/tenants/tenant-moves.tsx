'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { MoveStep, TenantMove } from '#server/federation/edge-routing/schema/move.ts';
import { MovePlanView } from './move-plan.tsx';

const tones: Record<MoveStep['state'], Tone> = {
  waiting: 'idle',
  running: 'watch',
  done: 'ok',
  skipped: 'idle',
  failed: 'bad',
};

/** Every move that was asked for, with its plan and what became of each step; the way back is the same command. */
export function TenantMoves({
  id,
  home,
  why,
  onBack,
}: {
  id: string;
  home: string;
  why: string | null;
  onBack: (to: string) => void;
}) {
  const trpc = useTRPC();
  const [open, setOpen] = useState<string | null>(null);
  const { data, error } = useQuery({
    ...trpc.edgeRouting.moves.queryOptions({ tenant: id }),
    refetchInterval: 3000,
  });
  if (error) return <ErrorState title="The moves could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-32" />;
  if (data.moves.length === 0)
    return (
      <EmptyState title="Its home was never moved">
        “Move” shows a plan first: what lies where, what would be copied, and what keeps it.
      </EmptyState>
    );
  const last = data.moves.find(move => move.state === 'done' && !move.dry);
  return (
    <Card>
      <ul className="divide-y" aria-label="Moves">
        {data.moves.map(move => (
          <li key={move.id} className="grid gap-2 px-3.5 py-2.5">
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <button
                type="button"
                className="link font-medium"
                aria-expanded={open === move.id}
                onClick={() => setOpen(open === move.id ? null : move.id)}
              >
                {move.from} to {move.to}
              </button>
              <Pill tone={move.dry ? 'idle' : tones[move.state]}>{move.dry ? 'dry run' : move.state}</Pill>
              {move.simulated ? <SimulatedBadge /> : null}
              <span className="text-ink-2">{move.reason}</span>
              <span className="ml-auto text-ink-3 text-sm">
                <Time at={move.startedAt} />
              </span>
            </div>
            {move.dry ? null : <Steps move={move} />}
            {move.message ? <p className="text-bad">{move.message}</p> : null}
            {open === move.id ? <MovePlanView plan={move.plan} /> : null}
            {move.id === last?.id && move.to === home ? (
              <Button size="sm" className="justify-self-start" why={why} onClick={() => onBack(move.from)}>
                Plan the way back to {move.from}
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Steps({ move }: { move: TenantMove }) {
  return (
    <ol className="grid gap-1" aria-label="Steps of the move" aria-live="polite">
      {move.steps.map(step => (
        <li key={step.name} className="flex flex-wrap items-center gap-x-3">
          <Pill tone={tones[step.state]}>{step.state}</Pill>
          <span>{step.title}</span>
          <span className="text-ink-2 text-sm">{step.said}</span>
        </li>
      ))}
    </ol>
  );
}
