'use client';

import { useQuery } from '@tanstack/react-query';
import { Time } from '#components/console/time.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card } from '#components/ui/card.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import type { RegionDetail } from '#server/federation/regions/schema.ts';

const show = (value: unknown): string =>
  value === null || value === undefined
    ? 'nothing'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);

/** For a region that was away: what is different now from what was known when it was lost. */
export function RegionReturn({ region }: { region: RegionDetail }) {
  const trpc = useTRPC();
  const away = region.lostAt !== null;
  const { data } = useQuery({ ...trpc.regions.returned.queryOptions({ name: region.id }), enabled: away });
  if (!away || !data) return null;
  return (
    <Card className="grid gap-3 p-4">
      <h2 className="font-semibold">
        What changed since it was lost <Time at={region.lostAt ?? ''} />
      </h2>
      {data.differences.length === 0 ? (
        <p className="text-ink-2">Nothing that this console knows of.</p>
      ) : (
        <ScrollArea label="What changed meanwhile">
          <table className="w-full text-sm">
            <thead className="text-left text-ink-3">
              <tr>
                <th className="py-1 pr-4 font-medium">What</th>
                <th className="py-1 pr-4 font-medium">When it was lost</th>
                <th className="py-1 font-medium">Now</th>
              </tr>
            </thead>
            <tbody className="divide-y">
              {data.differences.map(line => (
                <tr key={line.what}>
                  <td className="py-1.5 pr-4">{line.what}</td>
                  <td className="py-1.5 pr-4 text-ink-2">{show(line.before)}</td>
                  <td className="py-1.5">{show(line.after)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollArea>
      )}
    </Card>
  );
}
