'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { RunHead, StepList } from '../edge-routing/run-parts.tsx';
import { MovePlanView } from './move-plan.tsx';

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
            <RunHead
              run={move}
              open={open === move.id}
              onOpen={() => setOpen(open === move.id ? null : move.id)}
            >
              <span className="text-ink-2">{move.reason}</span>
            </RunHead>
            {move.dry ? null : <StepList steps={move.steps} label="Steps of the move" className="gap-1" />}
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
