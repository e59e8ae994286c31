'use client';

import Link from 'next/link';
import type { ReactNode } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { useWhyNot } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';

/** What a card needs to know of a query. */
export interface Asked<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

interface Props<T> {
  title: ReactNode;
  /** Said at the end of the title, before the link. */
  end?: ReactNode;
  href: string;
  link: string;
  permission: string;
  asked: Asked<T>;
  /** The height of what will stand there, as a class: nothing jumps when it comes. */
  height?: string;
  className?: string;
  children: (data: T) => ReactNode;
}

/** A card of the overview: not permitted, failed, still to come, or there. */
export function OverviewCard<T>({ title, end, href, link, className, ...rest }: Props<T>) {
  return (
    <Card
      title={title}
      end={
        <span className="flex items-baseline gap-2">
          {end}
          <Link href={href} className="link">
            {link}
          </Link>
        </span>
      }
      className={className ?? 'pb-2'}
    >
      <Reading {...rest} />
    </Card>
  );
}

export function Reading<T>({
  permission,
  asked,
  height = 'h-40',
  children,
}: Pick<Props<T>, 'permission' | 'asked' | 'height' | 'children'>) {
  const why = useWhyNot(permission);
  if (why) return <p className="px-3.5 py-4 text-ink-2">{why}</p>;
  if (asked.data === undefined && asked.error)
    return (
      <div className="grid justify-items-start gap-2 px-3.5 py-4" role="alert">
        <p className="text-bad">{messageOf(asked.error)}</p>
        <Button size="sm" onClick={() => void asked.refetch()}>
          Try again
        </Button>
      </div>
    );
  if (asked.data === undefined) return <Skeleton className={`m-3.5 ${height}`} />;
  return (
    <>
      {asked.error ? (
        <p className="px-3.5 pt-2 text-sm text-watch">
          The last reading failed; this is what was there before.
        </p>
      ) : null}
      {children(asked.data)}
    </>
  );
}

export const Nothing = ({ children }: { children: ReactNode }) => (
  <p className="px-3.5 py-4 text-ink-2">{children}</p>
);
