'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
import type { FaultRow, ScenarioRow } from '#server/governance/simulation/schema/faults.ts';
import { InjectDialog } from './inject-dialog.tsx';

interface Faults {
  running: FaultRow[];
  ended: FaultRow[];
}

export function FaultsTab({ faults }: { faults: Faults | undefined }) {
  const trpc = useTRPC();
  const library = useQuery(trpc.simulations.library.queryOptions({}));
  const [chosen, setChosen] = useState<ScenarioRow | null>(null);
  const why = useWhyNot('fault:inject');
  if (library.error)
    return <ErrorState title="The library could not be read">{messageOf(library.error)}</ErrorState>;
  if (!faults || !library.data) return <Skeleton className="h-60" />;
  return (
    <div className="grid grid-cols-1 gap-4">
      <Card title="Under way" end={`${faults.running.length}`}>
        {faults.running.length === 0 ? (
          <EmptyState title="All is well">
            Inject a fault from the library below, and watch telemetry, risk and cost answer to it.
          </EmptyState>
        ) : (
          <ul className="mt-2 divide-y border-t">
            {faults.running.map(fault => (
              <FaultLine key={fault.id} fault={fault} />
            ))}
          </ul>
        )}
      </Card>
      <div className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
        {library.data.scenarios.map(scenario => (
          <Card key={scenario.id}>
            <div className="grid h-full content-start gap-2 p-3.5">
              <div className="flex flex-wrap items-center gap-2">
                <h2 className="font-semibold">{scenario.title}</h2>
                {scenario.gameDay ? null : <Pill>everyday</Pill>}
              </div>
              <p className="text-ink-2">{scenario.what}</p>
              <p className="text-ink-3 text-sm">Seen by: {scenario.signal.toLowerCase()}</p>
              <div className="mt-auto">
                <Button
                  size="sm"
                  why={why}
                  onClick={() => setChosen(scenario)}
                  aria-label={`Inject ${scenario.title.toLowerCase()}`}
                >
                  Inject …
                </Button>
              </div>
            </div>
          </Card>
        ))}
      </div>
      <Card title="Ended within a day" end={`${faults.ended.length}`}>
        {faults.ended.length === 0 ? (
          <EmptyState title="None">Incidents of the demo world and healed faults stand here.</EmptyState>
        ) : (
          <ul className="mt-2 divide-y border-t">
            {faults.ended.map(fault => (
              <FaultLine key={fault.id} fault={fault} />
            ))}
          </ul>
        )}
      </Card>
      {chosen ? <InjectDialog key={chosen.id} scenario={chosen} onClose={() => setChosen(null)} /> : null}
    </div>
  );
}

function FaultLine({ fault }: { fault: FaultRow }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('fault:inject');
  const heal = useMutation(
    trpc.simulations.healFault.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries({ queryKey: trpc.simulations.pathKey() });
        toast.success(`${fault.title} on ${fault.target.id} is healed`);
      },
      onError: error => toast.error(messageOf(error)),
    }),
  );
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2">
      <Pill tone={fault.to === null ? 'bad' : 'idle'}>{fault.title}</Pill>
      <span className="font-mono text-sm">{fault.target.id}</span>
      <span className="text-ink-2">
        {fault.origin === 'seed' ? 'belongs to the demo world' : `intensity ${fault.intensity}`}
      </span>
      <span className="ml-auto text-ink-3 text-sm">
        since <Time at={fault.from} />
        {fault.to === null ? null : (
          <>
            , ended <Time at={fault.to} />
          </>
        )}
      </span>
      {fault.to === null ? (
        <Button
          size="sm"
          why={why}
          busy={heal.isPending}
          onClick={() => heal.mutate({ id: fault.id })}
          aria-label={`Heal ${fault.title.toLowerCase()} on ${fault.target.id}`}
        >
          Heal
        </Button>
      ) : null}
    </li>
  );
}
