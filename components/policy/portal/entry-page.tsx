'use client';

import { useQuery } from '@tanstack/react-query';
import { Properties } from '#components/console/detail.tsx';
import { IdChip } from '#components/console/id-chip.tsx';
import { ErrorState, NotFoundState } from '#components/console/states.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { ProofPanel } from '#components/governance/audit/proof-panel.tsx';
import { messageOf, problemIn } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';

/** One entry of the ledger and its proof, which this browser computes itself. */
export function ProvedEntryPage({ id }: { id: string }) {
  const trpc = useTRPC();
  const { data, error } = useQuery({
    ...trpc.portal.entry.queryOptions({ id }),
    refetchInterval: query => (query.state.data?.state === 'promised' ? 1000 : false),
  });
  if (problemIn(error)?.kind === 'not_found')
    return (
      <NotFoundState title="There is no such entry">
        No ledger entry has the id “{id.slice(0, 80)}”, or it is not visible to you.
      </NotFoundState>
    );
  if (error) return <ErrorState title="The entry could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-60" />;
  return (
    <>
      <Verdict>{data.sentence}.</Verdict>
      <Card title="Proof" className="pb-4">
        <div className="px-3.5 pt-2">
          <ProofPanel entry={data} />
        </div>
      </Card>
      <Card title="What it says" className="pb-4">
        <div className="grid gap-3 px-3.5 pt-2">
          <p className="leading-relaxed">{data.justification.summary}</p>
          <Properties
            items={[
              ...data.justification.lines.map(({ label, value }): [string, React.ReactNode] => [
                label,
                value,
              ]),
              ['Id', <IdChip key="id" id={data.uid} label="Copy the id" />],
            ]}
          />
        </div>
      </Card>
    </>
  );
}
