'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useEffect, useRef, useState } from 'react';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Kbd, Skeleton } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import type { ApprovalRow, Decision } from '#server/governance/approvals/schema.ts';
import { ApprovalState } from './approval-state.tsx';
import { Countdown } from './countdown.tsx';
import { DecideDialog } from './decide-dialog.tsx';
import { useDecisionKeys } from './use-decision-keys.ts';

const views = ['mine', 'open', 'settled'] as const;
const labels = { mine: 'For you', open: 'All open', settled: 'Settled' };
const filters = {
  mine: { mine: true, limit: 100 },
  open: { state: ['pending' as const, 'approved' as const], sort: 'expiresAt' as const, limit: 100 },
  settled: {
    state: ['released', 'failed', 'denied', 'expired', 'withdrawn', 'voided'] as ApprovalRow['state'][],
    dir: 'desc' as const,
    limit: 100,
  },
};

export function ApprovalsPage() {
  const trpc = useTRPC();
  const router = useRouter();
  const [view, setView] = useQueryState('view', parseAsStringLiteral(views).withDefault('mine'));
  const { data: counts } = useQuery(trpc.approvals.waiting.queryOptions());
  const { data, error, isPending } = useQuery(trpc.approvals.list.queryOptions(filters[view]));
  const rows = data?.rows ?? [];
  const [at, setAt] = useState(0);
  const [asked, setAsked] = useState<{ id: string; decision: Decision } | null>(null);
  const chosen = rows[Math.min(at, rows.length - 1)];
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.querySelector(`[data-at="${at}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const ask = (decision: Decision) => chosen?.mine && setAsked({ id: chosen.id, decision });
  useDecisionKeys({
    onMove: by => setAt(Math.max(0, Math.min(rows.length - 1, at + by))),
    onApprove: () => void ask('approve'),
    onDeny: () => void ask('deny'),
    onOpen: () => chosen && router.push(`/approvals/${chosen.id}`),
  });
  const about = asked ? rows.find(row => row.id === asked.id) : undefined;
  return (
    <>
      <div className="grid gap-2">
        <InboxVerdict counts={counts} />
        {counts?.reviews ? (
          <p className="text-watch">
            <Phrase href="/approvals/policies?tab=reviews" tone="watch">
              {`${counts.reviews} break-glass ${counts.reviews === 1 ? 'use waits' : 'uses wait'} for a review`}
            </Phrase>
          </p>
        ) : null}
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <div role="tablist" aria-label="Approvals" className="flex gap-1 rounded-md border bg-sunken p-0.5">
          {views.map(name => (
            <button
              key={name}
              type="button"
              role="tab"
              aria-selected={view === name}
              onClick={() => {
                setAt(0);
                void setView(name);
              }}
              className={cn(
                'h-7 rounded px-3 text-ink-2',
                view === name && 'bg-surface font-medium text-ink shadow-card',
              )}
            >
              {labels[name]}
            </button>
          ))}
        </div>
        <p className="ml-auto hidden items-center gap-1.5 text-ink-3 text-sm md:flex">
          <Kbd>j</Kbd>
          <Kbd>k</Kbd> choose <Kbd>a</Kbd> approve <Kbd>d</Kbd> deny <Kbd>?</Kbd> all keys
        </p>
      </div>
      {error ? <ErrorState title="The approvals could not be read">{messageOf(error)}</ErrorState> : null}
      {isPending ? <Skeleton className="h-48" /> : null}
      {data && rows.length === 0 ? (
        <Card>
          <Nothing view={view} />
        </Card>
      ) : null}
      <ul ref={list} className="grid gap-2.5">
        {rows.map((row, i) => (
          <li key={row.id} data-at={i}>
            <InboxCard
              row={row}
              chosen={row.id === chosen?.id}
              onAsk={d => setAsked({ id: row.id, decision: d })}
            />
          </li>
        ))}
      </ul>
      {about ? (
        <DecideDialog approval={about} decision={asked?.decision ?? null} onClose={() => setAsked(null)} />
      ) : null}
    </>
  );
}

function InboxCard({
  row,
  chosen,
  onAsk,
}: {
  row: ApprovalRow;
  chosen: boolean;
  onAsk: (decision: Decision) => void;
}) {
  return (
    <article
      aria-current={chosen || undefined}
      className={cn(
        'grid gap-2 rounded-lg border bg-surface p-3.5 shadow-card md:grid-cols-[1fr_auto] md:items-center',
        chosen && 'border-accent',
      )}
    >
      <div className="grid min-w-0 gap-1">
        <div className="flex flex-wrap items-center gap-2">
          <Link href={`/approvals/${row.id}`} className="font-semibold hover:underline">
            {row.title}
          </Link>
          {row.simulated ? <SimulatedBadge /> : null}
        </div>
        <p className="text-ink-2">
          Asked by {row.requester} <Time at={row.createdAt} /> · needs {row.needs}
          {row.given > 0 ? ` · ${row.given} given` : ''}
          {row.breakGlass ? ' · glass broken' : ''}
        </p>
      </div>
      <div className="flex flex-wrap items-center gap-2">
        {row.state === 'pending' ? <Countdown until={row.expiresAt} /> : <ApprovalState state={row.state} />}
        {row.mine ? (
          <span className="ml-auto flex gap-2">
            <Button kind="danger" onClick={() => onAsk('deny')} aria-label={`Deny: ${row.title}`}>
              Deny
            </Button>
            <Button kind="primary" onClick={() => onAsk('approve')} aria-label={`Approve: ${row.title}`}>
              Approve
            </Button>
          </span>
        ) : null}
      </div>
    </article>
  );
}

function Nothing({ view }: { view: (typeof views)[number] }) {
  if (view === 'mine')
    return (
      <EmptyState title="Nothing waits for you">
        When somebody asks for something that you can decide, it appears here at once and on the channels you
        chose.
      </EmptyState>
    );
  if (view === 'open')
    return <EmptyState title="Nothing is open">No command waits for anybody’s approval.</EmptyState>;
  return (
    <EmptyState title="Nothing was settled yet">
      Decided, expired and withdrawn requests stay here.
    </EmptyState>
  );
}

function InboxVerdict({ counts }: { counts: { mine: number; open: number } | undefined }) {
  if (!counts) return <Verdict>Reading the approvals …</Verdict>;
  if (counts.open === 0) return <Verdict>No approval is waiting.</Verdict>;
  const others = counts.open - counts.mine;
  return (
    <Verdict>
      {counts.mine === 0 ? (
        'Nothing waits for you'
      ) : (
        <Phrase href="/approvals" tone="watch">
          {counts.mine === 1 ? 'One request waits for you' : `${counts.mine} requests wait for you`}
        </Phrase>
      )}
      {others > 0 ? (
        <>
          ,{' '}
          <Phrase href="/approvals?view=open">
            {others === 1 ? 'one waits for others' : `${others} wait for others`}
          </Phrase>
        </>
      ) : null}
      .
    </Verdict>
  );
}
