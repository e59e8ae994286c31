import Link from 'next/link';
import type { ReactNode } from 'react';

export const OverviewLines = ({ children }: { children: ReactNode }) => (
  <ul className="mt-2 divide-y border-t">{children}</ul>
);

interface Props {
  href: string;
  title: string;
  /** Below the title: by whom, since when. */
  said: ReactNode;
  mark: ReactNode;
}

/** One thing that a card names, and the way to it. */
export const OverviewLine = ({ href, title, said, mark }: Props) => (
  <li>
    <Link href={href} className="flex items-start gap-3 px-3.5 py-2 hover:bg-sunken">
      <span className="min-w-0 flex-1">
        <span className="line-clamp-2 font-medium" title={title}>
          {title}
        </span>
        <span className="text-ink-2 text-sm">{said}</span>
      </span>
      {mark}
    </Link>
  </li>
);
