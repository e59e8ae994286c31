'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Time } from '#components/console/time.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { toast } from '#components/ui/toast.ts';
import type { DraftView } from '#server/policy/hub/schema.ts';

/** Drafts that the server keeps: of this policy, or of policies that do not exist yet. */
export function DraftStrip({
  policy,
  onContinue,
}: {
  policy: string | undefined;
  onContinue: (draft: DraftView) => void;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data = [] } = useQuery(trpc.policies.drafts.queryOptions(policy ? { id: policy } : {}));
  const discard = useMutation(trpc.policies.discardDraft.mutationOptions());
  const drafts = policy ? data : data.filter(draft => draft.baseVersion === 0 && !draft.outdated);
  if (drafts.length === 0) return null;
  const drop = async (id: string) => {
    try {
      await discard.mutateAsync({ id });
      await queries.invalidateQueries({ queryKey: trpc.policies.drafts.queryKey() });
    } catch (error) {
      toast.error(messageOf(error));
    }
  };
  return (
    <ul className="grid gap-1 rounded-md bg-sunken p-3" aria-label="Drafts">
      {drafts.map(draft => (
        <li key={draft.id} className="flex flex-wrap items-center gap-2">
          <span>
            Draft of <span className="font-medium">{draft.id}</span>, saved <Time at={draft.updatedAt} />
            {draft.outdated ? (
              <span className="text-watch">; a newer version was published since it was begun</span>
            ) : null}
          </span>
          <span className="ml-auto flex gap-2">
            <Button size="sm" onClick={() => onContinue(draft)}>
              Continue
            </Button>
            <Button size="sm" kind="quiet" onClick={() => void drop(draft.id)}>
              Discard
            </Button>
          </span>
        </li>
      ))}
    </ul>
  );
}
