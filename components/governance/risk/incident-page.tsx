'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { ErrorState, NotFoundState } from '#components/console/states.tsx';
import { messageOf, problemIn } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Skeleton } from '#components/ui/card.tsx';
import { Drawer } from '#components/ui/dialog.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { IncidentActions, IncidentBody } from './incident-body.tsx';
import { severityTone, stateTone, stateWord } from './words.ts';

export function IncidentPage({ tenantId, id }: { tenantId: string; id: string }) {
  const { data, error } = useIncident(tenantId, id);
  if (error) return <Failed error={error} />;
  if (!data) return <Skeleton className="h-60" />;
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="font-semibold text-xl md:text-2xl">{data.title}</h1>
        <Pill tone={stateTone[data.state]}>{stateWord[data.state]}</Pill>
        <Pill tone={severityTone[data.severity]}>{data.severity}</Pill>
        {data.simulated ? <SimulatedBadge /> : null}
        <div className="ml-auto flex flex-wrap gap-2">
          <IncidentActions incident={data} />
        </div>
      </div>
      <IncidentBody incident={data} />
    </>
  );
}

/** The same beside the list. */
export function IncidentPeek({ at, onClose }: { at: string | null; onClose: () => void }) {
  const slash = at?.lastIndexOf('/') ?? -1;
  return (
    <Drawer open={at !== null} onOpenChange={open => !open && onClose()} title="Incident">
      {at !== null && slash > 0 ? <Peeked tenantId={at.slice(0, slash)} id={at.slice(slash + 1)} /> : null}
    </Drawer>
  );
}

function Peeked({ tenantId, id }: { tenantId: string; id: string }) {
  const { data, error } = useIncident(tenantId, id);
  if (error) return <Failed error={error} />;
  if (!data) return <Skeleton className="h-60" />;
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <Link
          className="link font-semibold"
          href={`/governance/incidents/${encodeURIComponent(tenantId)}/${encodeURIComponent(id)}`}
        >
          {data.title}
        </Link>
        <Pill tone={stateTone[data.state]}>{stateWord[data.state]}</Pill>
      </div>
      <div className="flex flex-wrap gap-2">
        <IncidentActions incident={data} />
      </div>
      <IncidentBody incident={data} />
    </div>
  );
}

function useIncident(tenantId: string, id: string) {
  const trpc = useTRPC();
  return useQuery(trpc.risks.incident.queryOptions({ tenantId, id }));
}

function Failed({ error }: { error: unknown }) {
  const kind = problemIn(error as never)?.kind;
  return kind === 'not_found' || kind === 'invalid' ? (
    <NotFoundState title="No such incident">It is not there, or it is not yours to see.</NotFoundState>
  ) : (
    <ErrorState title="The incident could not be read">{messageOf(error)}</ErrorState>
  );
}
