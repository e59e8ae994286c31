import type { ReactNode } from 'react';
import { type Asked, Nothing, OverviewCard } from '#components/platform/overview/overview-card.tsx';

/** What one other system knows of a tenant, a line each. */
export function StandingList<T, Row>({
  label,
  rows,
  idOf,
  none,
  line,
  children,
  ...card
}: {
  title: string;
  href: string;
  link: string;
  permission: string;
  asked: Asked<T>;
  label: string;
  rows: (data: T) => readonly Row[];
  idOf: (row: Row) => string;
  /** Said where there is no row. */
  none: string;
  /** How a line lies, as classes. */
  line: string;
  children: (row: Row) => ReactNode;
}) {
  return (
    <OverviewCard {...card} height="h-14">
      {data => {
        const found = rows(data);
        return found.length === 0 ? (
          <Nothing>{none}</Nothing>
        ) : (
          <ul className="mt-2 divide-y border-t" aria-label={label}>
            {found.map(row => (
              <li key={idOf(row)} className={`${line} px-3.5 py-2`}>
                {children(row)}
              </li>
            ))}
          </ul>
        );
      }}
    </OverviewCard>
  );
}
