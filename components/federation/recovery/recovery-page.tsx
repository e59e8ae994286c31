'use client';

import { useQuery } from '@tanstack/react-query';
import { TimeSeries } from '#components/console/charts/lazy.tsx';
import { ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { DrillRow, RecoveryStatus } from '#server/federation/recovery/schema.ts';
import { newerFailure } from './drill-words.ts';
import { SnapshotsCard } from './snapshots-card.tsx';

export function RecoveryPage() {
  const trpc = useTRPC();
  const status = useQuery({ ...trpc.recovery.status.queryOptions(), refetchInterval: 10_000 });
  const drills = useQuery({ ...trpc.recovery.drills.queryOptions(), refetchInterval: 10_000 });
  const { error, data } = status;
  if (error)
    return <ErrorState title="The state of recovery could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-40" />;
  return (
    <>
      <RecoveryVerdict status={data} drills={drills.data?.rows ?? []} />
      <p className="text-ink-2">
        Snapshots are kept in <span className="font-mono [overflow-wrap:anywhere]">{data.store}</span>,
        encrypted under the master secret and signed by both keys. A lost console is rebuilt by{' '}
        <span className="font-mono">npm run atom -- recover --from</span> with a snapshot and that secret.
      </p>
      <Objectives status={data} />
      <Trend rows={drills.data?.rows ?? []} />
      <SnapshotsCard drills={drills.data?.rows ?? []} />
    </>
  );
}

function RecoveryVerdict({
  status: { newest, proven, objectives },
  drills,
}: {
  status: RecoveryStatus;
  drills: readonly DrillRow[];
}) {
  const failure = newerFailure(drills, proven);
  const failed = failure ? (
    <>
      <Phrase href="#snapshots" tone="bad">
        The newest restore failed
      </Phrase>{' '}
      <Time at={failure.at} /> ({failure.why}).{' '}
    </>
  ) : null;
  const missed = objectives.filter(o => !(o.rpo.met && o.rto.met && o.proof.met));
  if (!newest)
    return (
      <Verdict>
        {failed}Nothing could be restored:{' '}
        {failed ? 'no snapshot is left that did not fail.' : 'no snapshot was taken yet.'}
      </Verdict>
    );
  if (!proven)
    return (
      <Verdict>
        {failed}A snapshot is there, but it is{' '}
        <Phrase href="#snapshots" tone="bad">
          unproven
        </Phrase>
        : {failed ? 'none that is left was restored with every check passed' : 'none was ever restored'}.
      </Verdict>
    );
  return (
    <Verdict>
      {failed}The console can be rebuilt in {(proven.durationMs / 1000).toFixed(1)} s, proved{' '}
      <Time at={proven.at} />
      {missed.length > 0 ? (
        <>
          ;{' '}
          <Phrase href="#objectives" tone="bad">
            {`${missed.map(o => o.tier).join(', ')} ${missed.length === 1 ? 'misses its objective' : 'miss their objectives'}`}
          </Phrase>
        </>
      ) : null}
      .
    </Verdict>
  );
}

function Objectives({ status: { objectives } }: { status: RecoveryStatus }) {
  return (
    <section id="objectives" className="grid gap-2">
      <h2 className="font-semibold text-lg">Objectives by tier</h2>
      <Card className="divide-y">
        {objectives.map(({ tier, rpo, rto, proof }) => (
          <div key={tier} className="grid gap-2 px-3.5 py-2.5 sm:grid-cols-[7rem_1fr] sm:items-center">
            <span className="font-medium">{tier}</span>
            <span className="flex flex-wrap gap-1.5">
              {[rpo, rto, proof].map(verdict => (
                <Pill key={verdict.said} tone={verdict.met ? 'ok' : 'bad'}>
                  {verdict.said}
                </Pill>
              ))}
            </span>
          </div>
        ))}
      </Card>
    </section>
  );
}

function Trend({ rows }: { rows: readonly DrillRow[] }) {
  if (rows.length === 0) return null;
  return (
    <Card className="p-4">
      <TimeSeries
        title="Duration of restore drills"
        unit="s"
        points={rows
          .toReversed()
          .map(row => ({ at: row.startedAt, value: row.passed ? row.durationMs / 1000 : null }))}
      />
    </Card>
  );
}
