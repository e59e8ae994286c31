'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { useState } from 'react';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { toast } from '#components/ui/toast.ts';
import type { BudgetRow } from '#server/governance/cost/schema.ts';
import { Figures } from './figures.tsx';
import { money, percent } from './money.ts';

/** Checks what is typed with the schema of the server, so it comes when somebody writes. */
const BudgetForm = dynamic(() => import('./budget-form.tsx').then(m => m.BudgetForm), {
  ssr: false,
  loading: () => <Skeleton className="h-72" />,
});

export function BudgetsView({ tenants }: { tenants: readonly string[] }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('cost:budget');
  const [edited, edit] = useState<BudgetRow | 'new' | null>(null);
  const { data, error } = useQuery(trpc.costs.budgets.queryOptions({}));
  const remove = useMutation(trpc.costs.removeBudget.mutationOptions());
  const refresh = () => queries.invalidateQueries({ queryKey: trpc.costs.budgets.queryKey() });
  const drop = async (row: BudgetRow) => {
    try {
      await remove.mutateAsync({ id: row.id });
      await refresh();
      toast.success(`${row.name} is removed.`);
    } catch (failed) {
      toast.error(messageOf(failed));
    }
  };
  if (error) return <ErrorState title="The budgets could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-64" />;
  return (
    <Card
      title="Budgets of this month"
      end={
        <Button size="sm" why={why} onClick={() => edit('new')}>
          New budget
        </Button>
      }
    >
      {data.rows.length === 0 ? (
        <EmptyState title="No budget yet">
          A budget tells operators when a tenant’s month passes a threshold, or is forecast to overrun.
        </EmptyState>
      ) : (
        <Figures
          label="Budgets"
          head={['Budget', 'Spent', 'Of', 'Expected at the end', 'Burn', '']}
          rows={data.rows.map(row => ({
            id: row.id,
            cells: [
              <span key="name" className="grid">
                <span className="font-medium">{row.name}</span>
                <span className="text-ink-3">
                  {row.tenantId}
                  {row.service ? `, ${row.service}` : ''}
                  {row.alerts.length > 0
                    ? `; told of ${row.alerts.map(a => `${a.threshold} %`).join(', ')}`
                    : ''}
                </span>
              </span>,
              <span
                key="spent"
                className={row.ratio >= 1 ? 'text-bad' : row.ratio >= 0.8 ? 'text-watch' : ''}
              >
                {money(row.spent, null)} ({percent(row.ratio)})
              </span>,
              money(row.amount, row.currency),
              <span key="expected" className={row.expected > row.amount ? 'text-watch' : ''}>
                {money(row.expected, null)}
              </span>,
              row.lasts === null
                ? row.rate === null
                  ? 'unknown'
                  : `${row.rate.toFixed(2)} ×`
                : `used up in ${row.lasts.toFixed(0)} days`,
              <span key="acts" className="inline-flex gap-1">
                <Button size="sm" kind="quiet" why={why} onClick={() => edit(row)}>
                  Edit
                </Button>
                <Button
                  size="sm"
                  kind="quiet"
                  why={why}
                  busy={remove.isPending}
                  onClick={() => void drop(row)}
                >
                  Remove
                </Button>
              </span>,
            ],
          }))}
        />
      )}
      <Dialog
        open={edited !== null}
        onOpenChange={open => (open ? null : edit(null))}
        title={edited === 'new' || edited === null ? 'New budget' : `Edit ${edited.name}`}
        description="For each calendar month, compared with whole billed days."
      >
        {edited === null ? null : (
          <BudgetForm
            tenants={tenants}
            {...(edited === 'new' ? {} : { budget: edited })}
            onDone={() => {
              edit(null);
              void refresh();
            }}
          />
        )}
      </Dialog>
    </Card>
  );
}
