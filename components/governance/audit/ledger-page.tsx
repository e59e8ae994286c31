'use client';

import { useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { relativeTime } from '#components/console/relative-time.ts';
import { EmptyState, ErrorState, NoMatch, NoPermission } from '#components/console/states.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { useMe } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import type { LedgerHead } from '#server/governance/audit/schema.ts';
import { CheckpointCard } from './checkpoint-card.tsx';
import { EntryDrawer } from './entry-drawer.tsx';
import { useLedgerFilter } from './ledger-filter.ts';
import { LedgerTimeline, TimelineSkeleton } from './ledger-timeline.tsx';
import { LedgerToolbar } from './ledger-toolbar.tsx';
import { useEntries } from './use-entries.ts';

export function LedgerPage() {
  const may = useMe().permissions.includes('audit:read');
  if (!may)
    return (
      <NoPermission title="The ledger is not open to you">You lack the permission audit:read.</NoPermission>
    );
  return <Ledger />;
}

function Ledger() {
  const trpc = useTRPC();
  const ledger = useLedgerFilter();
  const { state, set, filter, filtered, clear } = ledger;
  const [held, setHeld] = useState(false);
  const [away, setAway] = useState(false);
  const paused = held || away || state.peek !== null;
  const entries = useEntries(filter, paused);
  const { data: head } = useQuery({ ...trpc.audits.head.queryOptions(), refetchInterval: 5000 });
  const { loadOlder } = entries;
  const onEnd = useCallback(() => void loadOlder().catch(() => {}), [loadOlder]);
  return (
    <>
      <LedgerVerdict head={head} />
      {head ? <CheckpointCard head={head} /> : null}
      <div className="overflow-hidden rounded-lg border bg-surface shadow-card">
        <LedgerToolbar ledger={ledger} paused={held} onPause={() => setHeld(now => !now)} />
        {entries.error && !entries.rows ? (
          <ErrorState
            title="The ledger could not be read"
            action={<Button onClick={() => void entries.retry()}>Try again</Button>}
          >
            {messageOf(entries.error)}
          </ErrorState>
        ) : !entries.rows ? (
          <TimelineSkeleton />
        ) : entries.rows.length === 0 && !entries.more ? (
          filtered ? (
            <NoMatch
              title="Nothing matches"
              action={<Button onClick={() => void clear()}>Clear the filter</Button>}
            >
              No entry fits the search and the filters above.
            </NoMatch>
          ) : (
            <EmptyState title="The ledger is empty">
              Every change, decision, sign-in and refusal is written here, with the change itself.
            </EmptyState>
          )
        ) : (
          <LedgerTimeline
            rows={entries.rows}
            peek={state.peek}
            onOpen={uid => void set({ peek: uid })}
            onEnd={onEnd}
            onScrolled={setAway}
          />
        )}
        <p
          aria-live="polite"
          className="num flex flex-wrap gap-x-3 border-t px-3.5 py-1.5 text-ink-3 text-sm"
        >
          <span>
            {entries.rows
              ? `${entries.rows.length.toLocaleString('en')} ${entries.rows.length === 1 ? 'entry' : 'entries'} shown${entries.more ? ', older ones below' : ''}`
              : 'Reading …'}
          </span>
          {entries.waiting > 0 ? <span className="text-ink-2">{entries.waiting} new, waiting</span> : null}
          {entries.searchedBackTo ? (
            <button type="button" className="link" onClick={onEnd}>
              Searched back to {entries.searchedBackTo.slice(0, 10)}; search further
            </button>
          ) : null}
          {entries.loading ? <span>Reading older entries …</span> : null}
        </p>
      </div>
      <EntryDrawer id={state.peek} onClose={() => void set({ peek: null })} />
    </>
  );
}

function LedgerVerdict({ head }: { head: LedgerHead | undefined }) {
  if (!head) return <Verdict>Reading the ledger …</Verdict>;
  if (!head.checkpoint || !head.at)
    return <Verdict>Nothing is sealed yet: no checkpoint has been signed.</Verdict>;
  const late = head.oldestPromisedAt !== null && Date.now() - Date.parse(head.oldestPromisedAt) > 10_000;
  return (
    <Verdict>
      <Phrase href="/governance/ledger?routine=true">{`${head.size.toLocaleString('en')} entries`}</Phrase>{' '}
      are sealed, the newest {relativeTime(Date.parse(head.at), Date.now())}
      {head.promised === 0 ? (
        ', and none waits for its proof.'
      ) : late ? (
        <>
          ;{' '}
          <Phrase href="/governance/ledger?routine=true" tone="bad">
            {`${head.promised.toLocaleString('en')} are overdue for their proof`}
          </Phrase>
          .
        </>
      ) : (
        `; ${head.promised.toLocaleString('en')} ${head.promised === 1 ? 'is' : 'are'} promised.`
      )}
    </Verdict>
  );
}
