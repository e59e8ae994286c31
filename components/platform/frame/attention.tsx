'use client';

import { TriangleAlert } from 'lucide-react';
import Link from 'next/link';
import { cn } from '#components/ui/cn.ts';
import type { Counted } from './counts.ts';

/** What waits or is wrong, in the header of every page; nothing when all is well. */
export function Attention({ answers, hrefOf }: { answers: Counted[]; hrefOf: (href: string) => string }) {
  const some = answers.filter(answer => answer.n > 0);
  return (
    <span role="status" className="flex items-center gap-1.5">
      {some.map(({ name, n, text, href, tone }) => (
        <Link
          key={name}
          href={hrefOf(href)}
          aria-label={text}
          title={text}
          className={cn(
            'num inline-flex items-center gap-1 whitespace-nowrap rounded px-1.5 font-medium text-xs leading-5',
            tone === 'bad' ? 'bg-bad-soft text-bad' : 'bg-watch-soft text-watch',
          )}
        >
          <TriangleAlert aria-hidden className="size-3" />
          <span aria-hidden className="xl:hidden">
            {n}
          </span>
          <span aria-hidden className="hidden xl:inline">
            {text}
          </span>
        </Link>
      ))}
    </span>
  );
}
