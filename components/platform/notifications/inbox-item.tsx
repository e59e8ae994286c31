'use client';

import Link from 'next/link';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/cn.ts';
import { Pill } from '#components/ui/pill.tsx';
import type { InboxRow } from '#server/platform/notifications/schema.ts';
import { kindWords, outcomeWords, severityTone } from './words.ts';

/** Unread is said by weight and by a word; a settled matter is quiet. */
export function InboxItem({ row, onRead }: { row: InboxRow; onRead: () => void }) {
  const unread = row.readAt === null && row.state === 'open';
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-2 px-3.5 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <div className="flex flex-wrap items-center gap-2">
          <Link
            href={row.link}
            onClick={() => unread && onRead()}
            className={cn('link [overflow-wrap:anywhere]', unread ? 'font-semibold' : 'text-ink-2')}
          >
            {row.title}
          </Link>
          {row.severity === 'info' ? null : <Pill tone={severityTone[row.severity]}>{row.severity}</Pill>}
          {row.outcome ? <Pill>{outcomeWords[row.outcome]}</Pill> : null}
          {unread ? <span className="text-ink-3 text-sm">unread</span> : null}
        </div>
        {row.lines.length > 0 ? (
          <dl className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5 text-ink-2">
            {row.lines.map(line => (
              <div key={line.label} className="flex min-w-0 gap-1.5">
                <dt className="shrink-0 text-ink-3">{line.label}</dt>
                <dd className="min-w-0 [overflow-wrap:anywhere]">{line.value}</dd>
              </div>
            ))}
          </dl>
        ) : null}
        <p className="mt-1 text-ink-3 text-sm">
          {kindWords[row.kind]} · <Time at={row.createdAt} />
          {row.expiresAt && row.state === 'open' ? (
            <>
              {' '}
              · open until <Time at={row.expiresAt} />
            </>
          ) : null}
        </p>
      </div>
      {unread ? (
        <Button size="sm" kind="quiet" onClick={onRead} aria-label={`Mark "${row.title}" read`}>
          Mark read
        </Button>
      ) : null}
    </li>
  );
}
