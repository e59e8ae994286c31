'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTableKeys } from '#components/console/data-table/keys.ts';
import { Seal } from '#components/console/seal.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { Skeleton } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import type { AuditEntry } from '#server/governance/audit/schema.ts';
import { byDay } from './merge-entries.ts';
import { OutcomeMark } from './outcome-mark.tsx';

const heights = { day: 34, row: 38 };

export function LedgerTimeline({
  rows,
  peek,
  onOpen,
  onEnd,
  onScrolled,
}: {
  rows: AuditEntry[];
  peek: string | null;
  onOpen: (uid: string) => void;
  onEnd: () => void;
  onScrolled: (away: boolean) => void;
}) {
  const scroller = useRef<HTMLElement>(null);
  const [active, setActive] = useState(0);
  const items = useMemo(() => byDay(rows), [rows]);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: index => heights[items[index]?.kind ?? 'row'],
    getItemKey: index => items[index]?.id ?? index,
    overscan: 12,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (items.length > 0 && last >= items.length - 10) onEnd();
  }, [last, items.length, onEnd]);
  const keys = useTableKeys(
    rows.length,
    active,
    position => {
      setActive(position);
      virtual.scrollToIndex(items.findIndex(item => item.kind === 'row' && item.position === position));
    },
    position => {
      const row = rows[position];
      if (row) onOpen(row.uid);
    },
  );
  return (
    <section
      ref={scroller}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
      tabIndex={0}
      aria-label="Ledger entries: j and k move, Enter opens"
      onKeyDown={keys}
      onScroll={event => onScrolled(event.currentTarget.scrollTop > 60)}
      className="overflow-auto outline-offset-[-2px]"
      style={{ height: 'max(24rem, calc(100vh - 19rem))' }}
    >
      <ol className="relative" style={{ height: virtual.getTotalSize() }}>
        {shown.map(at => {
          const item = items[at.index];
          if (!item) return null;
          const place = { height: at.size, transform: `translateY(${at.start}px)` };
          return item.kind === 'day' ? (
            <li
              key={at.key}
              style={place}
              className="absolute inset-x-0 flex items-end border-b bg-sunken px-3.5 pb-1.5"
            >
              <h2 className="font-semibold text-ink-2 text-sm">{dayWords(item.day)}</h2>
            </li>
          ) : (
            <li
              key={at.key}
              style={place}
              className={cn(
                'absolute inset-x-0 flex items-center gap-3 border-b px-3.5 hover:bg-sunken',
                item.position === active && 'bg-sunken',
                peek === item.row.uid && 'bg-accent-soft',
              )}
            >
              <Entry
                row={item.row}
                onOpen={() => {
                  setActive(item.position);
                  onOpen(item.row.uid);
                }}
              />
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function Entry({ row, onOpen }: { row: AuditEntry; onOpen: () => void }) {
  return (
    <>
      <time dateTime={row.at} title={`${row.at} (UTC)`} className="num shrink-0 font-mono text-ink-3 text-sm">
        {row.at.slice(11, 19)}
      </time>
      <button
        type="button"
        onClick={onOpen}
        title={row.sentence}
        className="min-w-0 flex-1 truncate text-left"
      >
        {row.sentence}
      </button>
      <OutcomeMark outcome={row.outcome} />
      {row.simulated ? <SimulatedBadge /> : null}
      <span className="hidden w-40 shrink-0 truncate text-right font-mono text-ink-3 text-sm lg:block">
        {row.type}
      </span>
      <span className="hidden w-28 shrink-0 truncate text-right text-ink-2 text-sm md:block">
        {row.actor}
      </span>
      <Seal state={row.index === null ? 'promised' : 'sealed'} index={row.index} />
    </>
  );
}

const dayFormat = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});
const dayWords = (day: string) => `${dayFormat.format(new Date(`${day}T00:00:00Z`))}, UTC`;

export function TimelineSkeleton() {
  return (
    <div aria-hidden className="divide-y">
      {'abcdefghijkl'.split('').map(key => (
        <div key={key} className="flex h-[38px] items-center gap-3 px-3.5">
          <Skeleton className="h-3 w-16" />
          <Skeleton className="h-3 flex-1" />
          <Skeleton className="size-4" />
        </div>
      ))}
    </div>
  );
}
