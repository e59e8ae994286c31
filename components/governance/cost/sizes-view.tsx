'use client';

import { useQuery } from '@tanstack/react-query';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import type { RightsizingView } from '#server/governance/cost/schema.ts';
import { Figures } from './figures.tsx';
import { money, percent, signed } from './money.ts';

const verdicts = {
  smaller: 'Could be smaller',
  fits: 'Fits',
  larger: 'Too small',
  refused: 'Cannot be said',
};

export function SizesView({ tenantId }: { tenantId: string }) {
  const trpc = useTRPC();
  const { data, error } = useQuery(trpc.costs.rightsizing.queryOptions({ tenantId }));
  if (error) return <ErrorState title="The history of use could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-64" />;
  return (
    <Card title={`Sizes of ${tenantId}’s services`} end={data.simulated ? <SimulatedBadge /> : data.source}>
      <p className="px-3.5 py-2 text-ink-2">
        The last week was replayed at other sizes, recent days counting most. The range goes from the least
        that would have done to a careful choice, as a share of what the service has today; beside it how
        often it would have been throttled, and on how many days it would have run out of memory.
      </p>
      {data.services.length === 0 ? (
        <EmptyState title="No service was billed for replicas">
          Sizes are reckoned for resources whose charges count hours.
        </EmptyState>
      ) : (
        <Figures
          label="Rightsizing"
          head={['Service', 'Processor', 'Memory', 'Throttled', 'Out of memory', 'A day less']}
          rows={data.services.map(service => ({ id: service.service, cells: cellsOf(service) }))}
        />
      )}
    </Card>
  );
}

function cellsOf(s: RightsizingView['services'][number]): React.ReactNode[] {
  const name = (
    <span key="name" className="grid">
      <span className="font-medium">{s.service}</span>
      <span
        className={s.verdict === 'larger' ? 'text-bad' : s.verdict === 'smaller' ? 'text-ok' : 'text-ink-3'}
      >
        {verdicts[s.verdict]}
      </span>
      {s.reason ? <span className="text-ink-3">{s.reason}</span> : null}
    </span>
  );
  if (!s.low || !s.high) return [name, '', '', '', '', ''];
  const range = (a: number, b: number, digits = 0) =>
    a === b ? percent(a, digits) : `${percent(Math.min(a, b), digits)} to ${percent(Math.max(a, b), digits)}`;
  return [
    name,
    range(s.low.cpu, s.high.cpu),
    range(s.low.memory, s.high.memory),
    range(s.high.throttled, s.low.throttled, 1),
    range(s.high.outOfMemory, s.low.outOfMemory),
    s.saving && s.perDay !== null
      ? `${signed(s.saving.low, null)} to ${signed(s.saving.high, null)} of ${money(s.perDay, null)}`
      : 'unknown',
  ];
}
