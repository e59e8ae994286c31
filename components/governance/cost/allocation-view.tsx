'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Select } from '#components/ui/input.tsx';
import { Figures } from './figures.tsx';
import { money, percent } from './money.ts';

const parts = [
  ['workload', 'Workload', 'What tenants ran', 'bg-accent'],
  ['idle', 'Idle', 'Paid for, used by nobody', 'bg-watch'],
  ['shared', 'Shared', 'Common to all', 'bg-ok'],
  ['overhead', 'Overhead', 'Support, taxes, credits', 'bg-line-strong'],
] as const;

export function AllocationView() {
  const trpc = useTRPC();
  const [month, setMonth] = useState<string | undefined>();
  const [chosen, choose] = useState<string | undefined>();
  const { data, error } = useQuery(
    trpc.costs.allocation.queryOptions({
      ...(month === undefined ? {} : { month }),
      ...(chosen === undefined ? {} : { currency: chosen }),
    }),
  );
  if (error) return <ErrorState title="The bill could not be divided">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-64" />;
  if (data.months.length === 0)
    return <EmptyState title="No bill yet">Bring one in under Import and export.</EmptyState>;
  const { currency } = data;
  const bill = Number(data.bill);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <Card
        title={`${money(data.bill, currency)} in ${data.month}`}
        end={
          <span className="flex flex-wrap items-center gap-2">
            {data.currencies.length > 1 ? (
              <>
                Currency
                <Select
                  aria-label="Currency"
                  className="w-20"
                  value={data.currency ?? ''}
                  onChange={e => choose(e.target.value)}
                >
                  {data.currencies.map(name => (
                    <option key={name}>{name}</option>
                  ))}
                </Select>
              </>
            ) : null}
            Month
            <Select
              aria-label="Month"
              className="w-28"
              value={data.month}
              onChange={e => {
                setMonth(e.target.value);
                choose(undefined);
              }}
            >
              {data.months.map(m => (
                <option key={m}>{m}</option>
              ))}
            </Select>
          </span>
        }
      >
        <div className="grid gap-3 p-3.5">
          <div aria-hidden className="flex h-3 overflow-hidden rounded bg-sunken">
            {parts.map(([key, , , tone]) => (
              <span
                key={key}
                className={tone}
                style={{ width: `${bill > 0 ? Math.max(0, (Number(data[key]) / bill) * 100) : 0}%` }}
              />
            ))}
          </div>
          <dl className="grid grid-cols-2 gap-3 md:grid-cols-4">
            {parts.map(([key, title, what, tone]) => (
              <div key={key}>
                <dt className="flex items-center gap-1.5 text-ink-2">
                  <span aria-hidden className={`size-2 rounded-full ${tone}`} /> {title}
                </dt>
                <dd className="num font-medium">{money(data[key], currency)}</dd>
                <dd className="text-ink-3 text-sm">
                  {percent(bill === 0 ? null : Number(data[key]) / bill, 1)}, {what.toLowerCase()}
                </dd>
              </div>
            ))}
          </dl>
          <p className="text-ink-2">
            The four add up to the bill to the cent.{' '}
            {data.currencies.length > 1
              ? `What was billed in ${data.currencies.filter(name => name !== currency).join(' and ')} is divided by itself. `
              : ''}
            {data.drift === null
              ? 'No invoice total was given with an import, so there is no drift to show.'
              : `The invoices say ${money(data.drift, currency)} ${Number(data.drift) < 0 ? 'less' : 'more'} than the charges add up to (drift).`}{' '}
            {Number(data.unallocated) === 0
              ? ''
              : `${money(data.unallocated, currency)} could be given to nobody: no tenant had a workload.`}
          </p>
          {data.overused.map(row => (
            <p key={row.resourceId} className="text-watch">
              {row.resourceId}: more was used than there is; {money(row.excess, currency)} were scaled down.
            </p>
          ))}
        </div>
      </Card>
      <Card title="By tenant">
        <Figures
          label="Allocation by tenant"
          head={['Tenant', 'Workload', 'Shared', 'Overhead', 'Total']}
          rows={data.tenants
            .toSorted((a, b) => Number(b.total) - Number(a.total))
            .map(t => ({
              id: t.tenantId,
              cells: [
                t.tenantId,
                ...[t.workload, t.shared, t.overhead].map(amount => money(amount, null)),
                money(t.total, currency),
              ],
            }))}
        />
      </Card>
    </div>
  );
}
