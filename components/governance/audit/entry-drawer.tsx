'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { ErrorState, NotFoundState } from '#components/console/states.tsx';
import { messageOf, problemIn } from '#components/platform/live/problem.ts';
import { Skeleton } from '#components/ui/card.tsx';
import { Drawer } from '#components/ui/dialog.tsx';
import { EntryView } from './entry-view.tsx';
import { useEntry } from './use-entry.ts';

export function EntryDrawer({ id, onClose }: { id: string | null; onClose: () => void }) {
  const router = useRouter();
  const { data, error } = useEntry(id);
  return (
    <Drawer
      open={id !== null}
      onOpenChange={open => !open && onClose()}
      title={data?.sentence ?? 'Ledger entry'}
      description={data ? `${data.at.slice(0, 19).replace('T', ' ')} UTC` : undefined}
    >
      {problemIn(error)?.kind === 'not_found' ? (
        <NotFoundState title="No such entry">It does not exist, or is not visible to you.</NotFoundState>
      ) : error ? (
        <ErrorState title="The entry could not be read">{messageOf(error)}</ErrorState>
      ) : data ? (
        <div className="grid gap-5">
          <EntryView entry={data} onOpen={uid => router.push(`/governance/ledger/${uid}`)} />
          <Link href={`/governance/ledger/${data.uid}`} className="link font-medium">
            Open entry
          </Link>
        </div>
      ) : (
        <Skeleton className="h-60" />
      )}
    </Drawer>
  );
}
