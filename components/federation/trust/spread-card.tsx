'use client';

import { useQuery } from '@tanstack/react-query';
import { Time } from '#components/console/time.tsx';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { Revocation } from '#server/federation/trust/schema.ts';

const budgetMs = 2_000;

/** Who has heard of each revocation, and after how long. */
export function SpreadCard() {
  const trpc = useTRPC();
  const { data } = useQuery({ ...trpc.trust.spread.queryOptions(), refetchInterval: 1_000 });
  if (!data || data.revocations.length === 0) return null;
  return (
    <section className="grid gap-2">
      <h2 className="font-semibold text-lg">Revocations</h2>
      <Card className="divide-y">
        {data.revocations.map(revocation => (
          <Spread key={revocation.sequence} revocation={revocation} />
        ))}
      </Card>
    </section>
  );
}

function Spread({ revocation }: { revocation: Revocation }) {
  const { targets } = revocation;
  const heard = targets.filter(target => target.heardAfterMs !== null);
  return (
    <article className="grid gap-2 p-3.5">
      <p>
        <span className="font-medium">{revocation.trustDomain}</span>, <Time at={revocation.at} />:{' '}
        {revocation.reason}
      </p>
      <p className="text-ink-2 text-sm">
        {targets.length === 0
          ? 'Nobody was connected that would have had to hear of it.'
          : `${heard.length} of ${targets.length} have heard of it; the budget is ${budgetMs / 1000} s.`}
      </p>
      <ul className="flex flex-wrap gap-1.5">
        {targets.map(({ kind, target, away, heardAfterMs, error }) => (
          <li key={`${kind} ${target}`} title={error ?? undefined}>
            <Pill tone={heardAfterMs === null ? 'watch' : heardAfterMs > budgetMs && !away ? 'bad' : 'ok'}>
              {`${kind} ${target}: ${saidOf({ away, heardAfterMs, error })}`}
            </Pill>
          </li>
        ))}
      </ul>
    </article>
  );
}

/** Whoever was away is not measured by the budget: how long it was gone says nothing of how fast the word went. */
function saidOf({
  away,
  heardAfterMs,
  error,
}: Pick<Revocation['targets'][number], 'away' | 'heardAfterMs' | 'error'>) {
  if (heardAfterMs === null) return away ? 'away, hears on return' : (error ?? 'not yet');
  return away ? 'heard on return' : `${(heardAfterMs / 1000).toFixed(2)} s`;
}
