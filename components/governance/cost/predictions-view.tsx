'use client';

import { useQuery } from '@tanstack/react-query';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import type { PredictionRow } from '#server/governance/cost/schema.ts';
import { Figures } from './figures.tsx';
import { money, signed } from './money.ts';

const looks = ['1h', '24h', '7d'] as const;

export function PredictionsView() {
  const trpc = useTRPC();
  const { data, error } = useQuery(trpc.costs.predictions.queryOptions({ limit: 100 }));
  if (error) return <ErrorState title="The predictions could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-64" />;
  return (
    <Card title="What was said to cost, beside what it did cost">
      {data.rows.length === 0 ? (
        <EmptyState title="Nothing was predicted yet">
          Each plan that runs, and each day’s forecast, is kept here and compared after an hour, a day and a
          week.
        </EmptyState>
      ) : (
        <Figures
          label="Predictions"
          head={['What', 'Said', 'Range', 'After 1 h', 'After 24 h', 'After 7 d', 'When']}
          rows={data.rows.map(row => ({
            id: row.id,
            cells: [
              <span key="what" className="grid">
                <span>{row.kind === 'plan' ? `Execution ${row.subject}` : `Day ${row.subject}`}</span>
                <span className="text-ink-3">
                  {row.tenantId}
                  {row.service ? `, ${row.service}` : ''}
                </span>
              </span>,
              row.kind === 'plan' ? signed(row.perDay, row.currency) : money(row.perDay, row.currency),
              `${money(row.low, null)} to ${money(row.high, null)}`,
              ...looks.map(after => look(row, after)),
              <Time key="at" at={row.at} />,
            ],
          }))}
        />
      )}
    </Card>
  );
}

function look(row: PredictionRow, after: (typeof looks)[number]): React.ReactNode {
  const found = row.realised.find(r => r.after === after);
  if (!found) return '';
  if (found.at === null) return <Time key={after} at={found.due} />;
  if (found.perDay === null) return found.reason;
  return (
    <span key={after} className={found.within ? 'text-ok' : 'text-watch'}>
      {money(found.perDay, null)} {found.within ? '(as said)' : '(outside)'}
    </span>
  );
}
