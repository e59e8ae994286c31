import Link from 'next/link';
import { Time } from '#components/console/time.tsx';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { DiscrepancyRow } from '#server/policy/sync/schema.ts';

const kinds: Record<DiscrepancyRow['kind'], { tone: Tone; label: string; says: string }> = {
  missing: { tone: 'watch', label: 'missing', says: 'Holds no version of it.' },
  older: { tone: 'watch', label: 'older', says: 'Holds an older version.' },
  wrong_hash: { tone: 'bad', label: 'wrong hash', says: 'Holds other content under this number.' },
  unknown: { tone: 'bad', label: 'unknown', says: 'Holds what is not wanted of it.' },
  silent: { tone: 'idle', label: 'silent', says: 'Was not heard of, so nothing is known.' },
};

const lasted = ({ since, resolvedAt }: DiscrepancyRow): string => {
  const seconds = Math.max(0, Math.round((Date.parse(resolvedAt ?? since) - Date.parse(since)) / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
};

export function DiscrepancyTable({ label, rows }: { label: string; rows: readonly DiscrepancyRow[] }) {
  return (
    <ul className="mt-2 divide-y border-t" aria-label={label}>
      {rows.map(row => (
        <li key={row.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2">
          <Pill tone={kinds[row.kind].tone}>{kinds[row.kind].label}</Pill>
          <Link className="link font-medium" href={`/policies/relays?peek=${encodeURIComponent(row.relay)}`}>
            {row.relay}
          </Link>
          {row.policy === '*' ? null : (
            <Link className="link" href={`/policies/${encodeURIComponent(row.policy)}`}>
              {row.policy}
            </Link>
          )}
          <span className="text-ink-2">
            {kinds[row.kind].says}
            {row.policy === '*' || row.desired === 0
              ? ''
              : ` Wanted: version ${row.desired}; said: ${row.observed === null ? 'none' : `version ${row.observed}`}.`}
          </span>
          <span className="num ml-auto text-ink-3 text-sm">
            {row.resolvedAt ? (
              <>
                lasted {lasted(row)}, mended <Time at={row.resolvedAt} />
              </>
            ) : (
              <>
                since <Time at={row.since} />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
