import { Time } from '#components/console/time.tsx';
import type { DryRunResult } from '#server/governance/risk/schema/rules.ts';

const times = (n: number) => (n === 1 ? 'once' : `${n.toLocaleString('en')} times`);

/** What the draft would have said of what was recorded, beside the rule as it is. */
export function DryRun({ result }: { result: DryRunResult }) {
  const { draft, current } = result;
  return (
    <section aria-label="Dry run" className="grid gap-2 rounded-md bg-sunken p-3">
      <p role="status">
        It would have fired <strong>{times(draft.fired)}</strong>
        {current ? (
          <>
            ; as it is now it fired <strong>{times(current.fired)}</strong>
          </>
        ) : null}
        .
      </p>
      <p className="text-ink-2 text-sm">
        Over {result.events.toLocaleString('en')} events and {result.points.toLocaleString('en')} minutes of
        series from <Time at={result.from} /> on, looked at {result.evaluations.toLocaleString('en')} times.
        {result.truncated ? ' There is more than can be looked at: the counts are of the newest part.' : ''}{' '}
        Nothing was changed.
      </p>
      {result.byTenant.length > 0 ? (
        <ul className="text-sm">
          {result.byTenant.slice(0, 8).map(row => (
            <li key={row.tenantId} className="num">
              {row.tenantId}: {row.draft}
              {row.current === null ? '' : ` (now ${row.current})`}
            </li>
          ))}
        </ul>
      ) : null}
      {result.examples.length > 0 ? (
        <ul className="text-ink-2 text-sm">
          {result.examples.slice(0, 5).map(one => (
            <li key={`${one.at} ${one.tenantId} ${one.title}`}>
              <Time at={one.at} /> {one.tenantId}: {one.title}
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}
