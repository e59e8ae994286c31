import Link from 'next/link';
import { Card } from '#components/ui/card.tsx';

/** Where tenants are at home: the longest bar is the fullest region. */
export function TenantsCard({ facets }: { facets: { region: Record<string, number> } }) {
  const rows = Object.entries(facets.region).sort(([a, n], [b, m]) => m - n || a.localeCompare(b));
  const most = Math.max(1, ...rows.map(([, n]) => n));
  const all = rows.reduce((sum, [, n]) => sum + n, 0);
  return (
    <Card
      title="Tenants by home region"
      end={
        <Link href="/federation/tenants" className="link">
          {all.toLocaleString('en')}
        </Link>
      }
      className="pb-2"
    >
      {rows.length === 0 ? <p className="px-3.5 py-6 text-ink-2">No tenant in this scope.</p> : null}
      <ul className="mt-2">
        {rows.slice(0, 8).map(([region, n]) => (
          <li key={region}>
            <Link
              href={`/federation/tenants?region=${encodeURIComponent(region)}`}
              className="grid grid-cols-[minmax(0,8rem)_1fr_3rem] items-center gap-3 px-3.5 py-1.5 hover:bg-sunken"
            >
              <span className="truncate">{region}</span>
              <span aria-hidden className="h-2 rounded-sm bg-sunken">
                <span
                  className="block h-full rounded-sm bg-accent"
                  style={{ width: `${(n / most) * 100}%` }}
                />
              </span>
              <span className="num text-right">{n.toLocaleString('en')}</span>
            </Link>
          </li>
        ))}
      </ul>
      {rows.length > 8 ? (
        <p className="px-3.5 py-1.5 text-ink-2 text-sm">and {rows.length - 8} more regions</p>
      ) : null}
    </Card>
  );
}
