'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import { points } from './words.ts';

/** What was carried out: how far the score was predicted to fall, and how far it fell. */
export function HistoryCard({ tenant }: { tenant?: string | undefined }) {
  const trpc = useTRPC();
  const { data, error, isPending } = useQuery(
    trpc.proposals.history.queryOptions({ limit: 50, ...(tenant ? { tenant } : {}) }),
  );
  return (
    <Card title="Predicted and realised" end="of proposals that were sent to execution">
      {isPending ? <Skeleton className="m-3.5 h-24" /> : null}
      {error ? <ErrorState title="The history could not be read">{messageOf(error)}</ErrorState> : null}
      {data?.rows.length === 0 ? (
        <EmptyState title="No proposal was sent to execution yet">
          Once one was carried out, what the score really did stands beside what was predicted.
        </EmptyState>
      ) : null}
      {data && data.rows.length > 0 ? (
        <ScrollArea label="What became of proposals">
          <table className="mt-2 w-full min-w-xl border-t text-left">
            <thead className="text-ink-3 text-sm">
              <tr>
                {['Proposal', 'Tenant', 'Sent', 'Ended', 'Predicted', 'Realised'].map(label => (
                  <th key={label} scope="col" className="px-3.5 py-2 font-normal">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y border-t">
              {data.rows.map(row => (
                <tr key={row.proposalId}>
                  <td className="px-3.5 py-2">
                    <Link className="link" href={`/governance/proposals/${row.decisionId}`}>
                      {row.title}
                    </Link>
                  </td>
                  <td className="px-3.5 py-2">{row.tenantId}</td>
                  <td className="px-3.5 py-2">
                    <Time at={row.at} />
                  </td>
                  <td className="px-3.5 py-2">{row.ended ?? 'not yet'}</td>
                  <td className="num px-3.5 py-2">
                    −{points(row.predicted)} {row.dimension}
                  </td>
                  <td className="num px-3.5 py-2">
                    {row.realised === null
                      ? row.realisedAt
                        ? 'nothing was changed'
                        : 'not measured yet'
                      : `${row.realised >= 0 ? '−' : '+'}${points(Math.abs(row.realised))}`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollArea>
      ) : null}
    </Card>
  );
}
