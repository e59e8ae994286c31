'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { Time } from '#components/console/time.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import { PolicyState } from './policy-state.tsx';

const budgetMs = 2000;

/** The last versions on their way, each relay a mark on the line of milliseconds, the budget drawn beside. */
export function Propagation({ policy }: { policy?: string }) {
  const trpc = useTRPC();
  const [chosen, setChosen] = useState<string | null>(null);
  const { data } = useQuery({
    ...trpc.policies.rollouts.queryOptions({ limit: 8, ...(policy ? { policy } : {}) }),
    refetchInterval: query =>
      query.state.data?.some(r => r.decidedAt === null || r.active < r.members) ? 1000 : 10_000,
  });
  if (!data) return <Skeleton className="h-40" />;
  if (data.length === 0) return null;
  const open = chosen ?? data[0]?.id ?? null;
  return (
    <Card className="grid gap-0">
      <h2 className="px-3.5 pt-3 font-medium">Propagation</h2>
      <div className="grid md:grid-cols-[minmax(0,1fr)_minmax(0,1.4fr)]">
        <ol className="divide-y">
          {data.map(rollout => (
            <li key={rollout.id}>
              <button
                type="button"
                aria-pressed={rollout.id === open}
                onClick={() => setChosen(rollout.id)}
                className={cn(
                  'flex w-full flex-wrap items-center gap-2 px-3.5 py-2 text-left',
                  rollout.id === open && 'bg-sunken',
                )}
              >
                <span className="font-medium">{rollout.policyId}</span>
                <span className="num text-ink-2">version {rollout.version}</span>
                <PolicyState state={rollout.state} />
                <span className="num ml-auto text-ink-2 text-sm">
                  {rollout.active} of {rollout.members}
                  {rollout.slowest === null ? '' : `, ${Math.round(rollout.slowest)} ms`}
                </span>
              </button>
            </li>
          ))}
        </ol>
        {open ? <Line id={open} /> : null}
      </div>
    </Card>
  );
}

function Line({ id }: { id: string }) {
  const trpc = useTRPC();
  const { data } = useQuery({
    ...trpc.policies.rollout.queryOptions({ id }),
    refetchInterval: query => {
      const r = query.state.data;
      return r && r.decidedAt !== null && (r.state === 'withdrawn' || r.active >= r.members) ? false : 500;
    },
  });
  if (!data) return <Skeleton className="m-3.5 h-40" />;
  const slowest = Math.max(budgetMs, ...data.relays.map(r => r.activeMs ?? 0));
  const at = (value: number) => `${Math.min(100, (value / slowest) * 100)}%`;
  return (
    <section
      className="grid content-start gap-3 border-t p-3.5 md:border-t-0 md:border-l"
      aria-label="Relays of this version"
    >
      <p className="text-ink-2 text-sm">
        <Link className="link" href={`/policies/${data.policyId}`}>
          {data.policyId}
        </Link>{' '}
        version {data.version}, published <Time at={data.publishedAt} />
        {data.epoch === null ? '' : `, epoch ${data.epoch}`}
        {data.reason ? `. ${data.reason}` : ''}
      </p>
      <ul className="grid gap-1.5">
        {data.relays.map(relay => (
          <li
            key={relay.relay}
            className="grid grid-cols-[minmax(6rem,9rem)_1fr_5.5rem] items-center gap-2 text-sm"
          >
            <span className="truncate" title={relay.relay}>
              {relay.relay}
            </span>
            <span className="relative h-3 rounded-sm bg-sunken" aria-hidden>
              {relay.activeMs === null ? null : (
                <span
                  className="absolute inset-y-0 left-0 rounded-sm bg-ok"
                  style={{ width: at(relay.activeMs) }}
                />
              )}
              {relay.stagedMs === null ? null : (
                <span
                  className="absolute inset-y-0 left-0 rounded-sm bg-accent"
                  style={{ width: at(relay.stagedMs) }}
                />
              )}
              <span className="absolute -inset-y-0.5 w-px bg-bad" style={{ left: at(budgetMs) }} />
            </span>
            <span className="num text-right text-ink-2">
              {relay.activeMs !== null
                ? `${Math.round(relay.activeMs)} ms`
                : relay.ack === 'refused'
                  ? 'refused'
                  : relay.stagedMs !== null
                    ? 'staged'
                    : 'waiting'}
            </span>
            {relay.reason ? <span className="col-span-3 text-bad">{relay.reason}</span> : null}
          </li>
        ))}
      </ul>
      {data.relays.length === 0 ? (
        <p className="text-ink-2">
          No relay of its scope was reachable: it is active at the hub, and relays take it when they come.
        </p>
      ) : (
        <p className="flex flex-wrap gap-x-4 text-ink-2 text-sm">
          <span>
            <i className="mr-1 inline-block size-2 rounded-sm bg-accent" aria-hidden />
            staged
          </span>
          <span>
            <i className="mr-1 inline-block size-2 rounded-sm bg-ok" aria-hidden />
            verified and active
          </span>
          <span>
            <i className="mr-1 inline-block h-2 w-px bg-bad" aria-hidden />
            budget {budgetMs / 1000} s
          </span>
        </p>
      )}
    </section>
  );
}
