import type { ReactNode } from 'react';

/** What should be, what is, and how fresh that knowledge is. */
export function StatusHeader({
  title,
  badges,
  desired,
  observed,
  synced,
  actions,
}: {
  title: ReactNode;
  badges?: ReactNode;
  desired: ReactNode;
  observed: ReactNode;
  synced: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <header className="grid gap-4">
      <div className="flex flex-wrap items-center gap-2">
        <h1 className="font-semibold text-xl md:text-2xl">{title}</h1>
        {badges}
        <div className="ml-auto flex flex-wrap gap-2">{actions}</div>
      </div>
      <dl className="grid grid-cols-1 gap-px overflow-hidden rounded-lg border bg-line sm:grid-cols-3">
        {[
          ['Desired', desired],
          ['Observed', observed],
          ['As of', synced],
        ].map(([label, value]) => (
          <div key={String(label)} className="bg-surface px-3.5 py-2.5">
            <dt className="text-ink-3 text-sm">{label}</dt>
            <dd className="font-medium">{value}</dd>
          </div>
        ))}
      </dl>
    </header>
  );
}

export function Properties({ items }: { items: [label: string, value: ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[fit-content(50%)_minmax(0,1fr)] gap-x-4 gap-y-2">
      {items.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="min-w-28 text-ink-2">{label}</dt>
          <dd className="min-w-0 [overflow-wrap:anywhere]">
            {value ?? <span className="text-ink-3">none</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}
