import Link from 'next/link';
import type { ReactNode } from 'react';
import { cn } from '#components/ui/cn.ts';

const tones = { plain: '', ok: 'text-ok', watch: 'text-watch', bad: 'text-bad', sim: 'text-sim' };

/** The sentence that opens a page: what is so, each phrase a link to its evidence. */
export function Verdict({ children }: { children: ReactNode }) {
  return (
    <h1 data-tour="verdict" className="max-w-4xl text-balance font-semibold text-xl leading-snug md:text-2xl">
      {children}
    </h1>
  );
}

export function Phrase({
  href,
  tone = 'plain',
  children,
}: {
  href: string;
  tone?: keyof typeof tones;
  children: ReactNode;
}) {
  return (
    <Link href={href} className={cn('link', tones[tone])}>
      {children}
    </Link>
  );
}
