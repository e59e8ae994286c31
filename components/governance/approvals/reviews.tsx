'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { useStepUpMutation } from '#components/platform/mfa/use-step-up-mutation.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Field, Input } from '#components/ui/input.tsx';

/** What was done alone is looked at by somebody else; until then the next use is blocked. */
export function Reviews() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data } = useQuery(trpc.approvals.reviews.queryOptions());
  const [notes, setNotes] = useState<Record<string, string>>({});
  const close = useStepUpMutation(
    trpc.approvals.review.mutationOptions({
      onSuccess: () => queries.invalidateQueries(trpc.approvals.pathFilter()),
    }),
  );
  if (!data) return <Skeleton className="h-32" />;
  if (data.rows.length === 0)
    return (
      <Card>
        <EmptyState title="No review is owed">Nobody broke the glass since the last review.</EmptyState>
      </Card>
    );
  return (
    <ul className="grid gap-3">
      {data.rows.map(row => {
        const note = notes[row.id] ?? '';
        const why = row.whyNot ?? (note.trim().length < 3 ? 'Write down what you found first.' : null);
        const act = (verdict: 'justified' | 'not_justified') => close.mutate({ id: row.id, verdict, note });
        return (
          <li key={row.id}>
            <Card>
              <div className="grid gap-3 p-3.5">
                <p>
                  <Link href={`/approvals/${row.requestId}`} className="font-semibold hover:underline">
                    {row.title}
                  </Link>
                  <span className="block text-ink-2">
                    {row.by} broke the glass <Time at={row.openedAt} />: {row.reason}
                  </span>
                  <span className={row.overdue ? 'text-bad' : 'text-ink-2'}>
                    {row.overdue ? 'Overdue since' : 'Due'} <Time at={row.dueAt} />
                  </span>
                </p>
                <Field label="What you found">
                  {props => (
                    <Input
                      {...props}
                      value={note}
                      maxLength={500}
                      onChange={event => setNotes({ ...notes, [row.id]: event.target.value })}
                    />
                  )}
                </Field>
                <div className="flex flex-wrap gap-2">
                  <Button why={why} onClick={() => act('justified')}>
                    It was justified
                  </Button>
                  <Button kind="danger" why={why} onClick={() => act('not_justified')}>
                    It was not justified
                  </Button>
                </div>
                {close.error ? (
                  <p role="alert" className="text-bad">
                    {messageOf(close.error)}
                  </p>
                ) : null}
              </div>
            </Card>
          </li>
        );
      })}
    </ul>
  );
}
