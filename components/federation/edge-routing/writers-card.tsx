'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { FailoverStatus } from '#server/federation/edge-routing/schema.ts';
import { UnknownRole } from './unknown-role.tsx';

type Row = FailoverStatus['regions'][number];

/** Who may write, under which epoch, and who sees whom. */
export function WritersCard({ regions }: { regions: Row[] }) {
  if (regions.length === 0)
    return (
      <Card title="Who may write">
        <EmptyState title="No region holds the right to write yet">
          It is given out once a stream flows.
        </EmptyState>
      </Card>
    );
  return (
    <Card title="Who may write">
      <ul className="mt-2 divide-y border-t" aria-label="Regions and their right to write">
        {regions.map(region => (
          <Writer key={region.region} row={region} />
        ))}
      </ul>
    </Card>
  );
}

const ago = (seconds: number) => (seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`);

function Writer({ row }: { row: Row }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('failover:write');
  const [asking, setAsking] = useState(false);
  const practise = useMutation(trpc.edgeRouting.practise.mutationOptions());
  const pause = row.observations.find(o => o.observer === 'console')?.up !== false;
  return (
    <li className="grid gap-2 px-3.5 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium">{row.region}</span>
        {row.unknown ? (
          <Pill tone="bad">role not known</Pill>
        ) : (
          <Pill tone={row.fencing ? 'watch' : row.writes ? 'ok' : 'idle'}>
            {row.fencing ? 'being fenced' : row.writes ? 'may write' : 'refuses writes'}
          </Pill>
        )}
        {row.down === true ? (
          <Pill tone="bad">down</Pill>
        ) : row.down === null ? (
          <Pill tone="watch">not known</Pill>
        ) : null}
        {row.disputed ? <Pill tone="watch">observers disagree</Pill> : null}
        {row.simulated ? <SimulatedBadge /> : null}
        <span className="num text-ink-2">epoch {row.epoch}</span>
        <span className="text-ink-3 text-sm">
          since <Time at={row.since} />
        </span>
        {row.practice ? (
          <Button size="sm" className="ml-auto" why={why} onClick={() => setAsking(true)}>
            {pause ? 'Pause to practise' : 'Resume'}
          </Button>
        ) : null}
      </div>
      {row.disputed ? <p className="text-ink-2 text-sm">The observers disagree: {row.disputed}.</p> : null}
      {row.unknown ? <UnknownRole row={{ ...row, unknown: row.unknown }} /> : null}
      <ul className="flex flex-wrap gap-x-4 gap-y-1 text-sm" aria-label={`Observers of ${row.region}`}>
        {row.observations.map(o => (
          <li key={o.observer} className="flex items-center gap-1.5">
            <Pill tone={o.counts ? (o.up ? 'ok' : 'bad') : 'idle'}>{o.name}</Pill>
            <span className={o.counts ? 'text-ink-2' : 'text-ink-3'}>
              {o.said || (o.up ? 'up' : 'down')}, <span className="num">{ago(o.ageSeconds)}</span>
              {o.counts || o.up === null ? '' : ': too old to count'}
            </span>
          </li>
        ))}
      </ul>
      <DangerDialog
        open={asking}
        onOpenChange={setAsking}
        title={pause ? `Pause the database of ${row.region}` : `Resume the database of ${row.region}`}
        blast={
          pause
            ? `The embedded server of ${row.region} stands still, as a machine that hangs: nobody reads or writes there until it is resumed or failed over. Demo data only; the console’s own state lies elsewhere.`
            : `The embedded server of ${row.region} goes on. If another region writes by now, it finds itself fenced.`
        }
        typeName={row.region}
        action={pause ? 'Pause server' : 'Resume server'}
        onConfirm={async reason => {
          await practise
            .mutateAsync({ region: row.region, paused: pause, reason })
            .catch(failed => Promise.reject(new Error(messageOf(failed))));
          await queries.invalidateQueries({ queryKey: trpc.edgeRouting.pathKey() });
        }}
      />
    </li>
  );
}
