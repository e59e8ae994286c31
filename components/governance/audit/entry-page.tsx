'use client';

import { useRouter } from 'next/navigation';
import { ErrorState, NotFoundState } from '#components/console/states.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { messageOf, problemIn } from '#components/platform/live/problem.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { EntryView } from './entry-view.tsx';
import { useEntry } from './use-entry.ts';

export function EntryPage({ id }: { id: string }) {
  const router = useRouter();
  const { data, error, isPending } = useEntry(id);
  if (problemIn(error)?.kind === 'not_found')
    return (
      <NotFoundState title={`No entry "${id}"`}>
        No ledger entry has this id, number or reference, or it is not visible to you.
      </NotFoundState>
    );
  if (error) return <ErrorState title="The entry could not be read">{messageOf(error)}</ErrorState>;
  if (isPending) return <Skeleton className="h-60" />;
  return (
    <>
      <Verdict>{data.sentence}.</Verdict>
      <Card className="p-4">
        <EntryView entry={data} onOpen={uid => router.push(`/governance/ledger/${uid}`)} />
      </Card>
    </>
  );
}
