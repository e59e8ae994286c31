'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { Properties } from '#components/console/detail.tsx';
import { Time } from '#components/console/time.tsx';
import { announceWaiting } from '#components/governance/approvals/waiting.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import type { FailoverStatus } from '#server/federation/edge-routing/schema.ts';

type Row = FailoverStatus['regions'][number];
type Unknown = NonNullable<Row['unknown']>;

function factsOf(row: Row, found: NonNullable<Unknown['found']>): [string, React.ReactNode][] {
  return [
    ['The console holds', `${row.writes ? 'it writes' : 'it does not write'}, epoch ${row.epoch}`],
    [
      'Its lease',
      found.leaseEpoch === null
        ? 'it never had one'
        : `epoch ${found.leaseEpoch}, ${found.holds ? 'it accepts writes now' : 'lapsed or fenced'}`,
    ],
    ['Renewed', found.renewedAt ? <Time key="renewed" at={found.renewedAt} /> : 'never'],
    ['Its fence', found.fence === 0 ? 'never closed' : `closed at epoch ${found.fence}`],
    [
      'Last write seen',
      found.writtenAt ? <Time key="written" at={found.writtenAt} /> : 'none of the console’s own',
    ],
    ['Log position', found.lsn ?? 'not known'],
    ['Follows', found.follows.join(', ') || 'nobody'],
  ];
}

/** What a region says of itself while nobody knows who writes, and the way to say it. */
export function UnknownRole({ row }: { row: Row & { unknown: Unknown } }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('failover:write');
  const [asking, setAsking] = useState(false);
  const decide = useMutation(trpc.edgeRouting.decide.mutationOptions());
  const { found, against } = row.unknown;
  const silent =
    found && !found.answers ? 'It does not answer, so it cannot be given the right to write.' : null;
  return (
    <div className="grid gap-2 rounded-md border p-3">
      <p>
        Nobody gets a lease here: who may write is not known since <Time at={row.unknown.since} />.{' '}
        {against
          ? `Against the role the console holds it to have: ${against}.`
          : 'It agrees with the role the console holds it to have; once every region that streams join with it does, that is taken up by itself.'}
      </p>
      {found?.answers ? <Properties items={factsOf(row, found)} /> : null}
      <div>
        <Button
          size="sm"
          kind="danger"
          why={why ?? silent ?? (row.busy ? 'A failover is under way.' : null)}
          onClick={() => setAsking(true)}
        >
          Have {row.region} write
        </Button>
      </div>
      <DangerDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Have ${row.region} write`}
        needs="An approver decides; it runs by itself once somebody agreed. This is written to the ledger with your name."
        blast={`Every region that a stream joins with ${row.region} is fenced and refuses writes, under an epoch above every one that was seen. What another one accepted and ${row.region} did not receive stays there; a comparison names it.`}
        typeName={row.region}
        action="Ask for it"
        onConfirm={async reason => {
          const result = await decide
            .mutateAsync({ region: row.region, reason })
            .catch(failed => Promise.reject(new Error(messageOf(failed))));
          await queries.invalidateQueries({ queryKey: trpc.edgeRouting.pathKey() });
          announceWaiting(result);
        }}
      />
    </div>
  );
}
