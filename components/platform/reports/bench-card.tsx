'use client';

import { useQuery } from '@tanstack/react-query';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';

const figure = (value: number | null, unit: string) => (value === null ? '' : `${value.toFixed(2)} ${unit}`);

/** What the bench measured last on this machine, each figure beside its limit. */
export function BenchCard() {
  const trpc = useTRPC();
  const { data, error, isPending } = useQuery(trpc.reports.bench.queryOptions());
  if (error) return <ErrorState title="The bench could not be read">{messageOf(error)}</ErrorState>;
  if (isPending) return <Skeleton className="h-40" />;
  if (data === null)
    return (
      <EmptyState title="Nothing measured yet">
        Run <code className="font-mono">npm run bench</code> on this machine; only ratios carry over to
        others.
      </EmptyState>
    );
  return (
    <Card title="Bench" end={<Time at={data.at} />}>
      <ScrollArea label="Bench">
        <table className="mt-2 w-full border-collapse text-left">
          <thead className="text-ink-2 text-sm">
            <tr>
              {['What', 'Here', 'Limit beside it', 'Ratio', 'Aim'].map(head => (
                <th key={head} scope="col" className="px-3.5 py-2 font-normal">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.rows.map(row => (
              <tr key={row.name} className="border-t">
                <td className="px-3.5 py-2">{row.name}</td>
                <td className="whitespace-nowrap px-3.5 py-2 tabular-nums">{figure(row.ours, row.unit)}</td>
                <td className="whitespace-nowrap px-3.5 py-2 tabular-nums">{figure(row.limit, row.unit)}</td>
                <td className="px-3.5 py-2 tabular-nums">{row.ratio === null ? '' : row.ratio.toFixed(2)}</td>
                <td className="whitespace-nowrap px-3.5 py-2">{row.aim}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </Card>
  );
}
