'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { Time } from '#components/console/time.tsx';
import { byReadiness } from '#components/federation/edge-routing/by-readiness.ts';
import { useFailover } from '#components/federation/edge-routing/failover-phrase.tsx';
import { currentLook, isIll } from '#components/federation/replication/flowing.ts';
import { Card } from '#components/ui/card.tsx';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { Readiness } from '#server/federation/edge-routing/schema.ts';
import type { RecoveryStatus } from '#server/federation/recovery/schema.ts';
import type { StreamRow } from '#server/federation/replication/schema.ts';
import { useScope } from '../frame/scope.tsx';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';
import { Nothing, Reading } from './overview-card.tsx';
import { many } from './words.ts';

/** What would be lost if a region or the console were: how far mirrors are behind, who could take over, what was restored. */
export function ContinuityCard({ regions }: { regions: readonly string[] }) {
  const trpc = useTRPC();
  const { permissions } = useMe();
  const { scope } = useScope();
  const everywhere = scope.region === null && scope.environment === null && scope.tenant === null;
  const here = (...names: string[]) => everywhere || names.some(name => regions.includes(name));
  const replication = useQuery({
    ...trpc.replication.status.queryOptions({}),
    enabled: permissions.includes('replication:read'),
    refetchInterval: 10_000,
  });
  const failover = useFailover();
  const recovery = useQuery({
    ...trpc.recovery.status.queryOptions(),
    enabled: permissions.includes('recovery:read'),
    refetchInterval: 30_000,
  });
  return (
    <Card title="If a region were lost" className="pb-2">
      <div className="mt-2 divide-y border-t">
        <Reading permission="replication:read" asked={replication} height="h-9">
          {({ streams, at }) => (
            <Streams
              at={at}
              streams={streams.filter(
                s =>
                  s.state !== 'retired' &&
                  s.state !== 'detached' &&
                  here(s.publisher, s.subscriber) &&
                  (scope.tenant === null || s.tenants.includes(scope.tenant)),
              )}
            />
          )}
        </Reading>
        <Reading permission="failover:read" asked={failover} height="h-9">
          {({ matrix }) => <Pairs pairs={matrix.filter(m => here(m.from, m.to))} />}
        </Reading>
        <Reading permission="recovery:read" asked={recovery} height="h-9">
          {status => <Restore status={status} />}
        </Reading>
      </div>
    </Card>
  );
}

interface RowProps {
  href: string;
  title: string;
  text: ReactNode;
  tone: Tone;
  mark: string;
}

const Row = ({ href, title, text, tone, mark }: RowProps) => (
  <Link href={href} className="flex items-start gap-3 px-3.5 py-2 hover:bg-sunken">
    <span className="min-w-0 flex-1">
      <span className="block font-medium">{title}</span>
      <span className="text-ink-2">{text}</span>
    </span>
    <Pill tone={tone}>{mark}</Pill>
  </Link>
);

function Streams({ streams, at }: { streams: readonly StreamRow[]; at: string }) {
  if (streams.length === 0) return <Nothing>Nothing is replicated in this scope.</Nothing>;
  const looked = streams.flatMap(s => {
    const look = currentLook(s, at);
    return look ? [{ id: s.id, ...look }] : [];
  });
  const behind = looked
    .filter(s => s.lagSeconds !== null)
    .sort((a, b) => Number(b.lagSeconds) - Number(a.lagSeconds));
  const ill = streams.filter(s => isIll(s, at) || currentLook(s, at)?.health === 'lagging');
  const unknown = streams.length - behind.length;
  const [worst] = behind;
  return (
    <Row
      href={`/federation/replication${ill[0] ? `?stream=${ill[0].id}` : ''}`}
      title={
        worst
          ? `Mirrors are at most ${Number(worst.lagSeconds).toFixed(1)} s behind`
          : 'How far mirrors are behind is not known'
      }
      text={
        <>
          {many(streams.length, 'stream', 'streams')}
          {unknown > 0 && worst ? `, ${unknown} of them not measured` : ''}
          {worst ? (
            <>
              ; seen <Time at={worst.at} />
            </>
          ) : null}
        </>
      }
      tone={ill.length > 0 ? 'bad' : unknown > 0 ? 'watch' : 'ok'}
      mark={ill.length > 0 ? `${ill.length} not well` : unknown > 0 ? 'not all known' : 'flowing'}
    />
  );
}

const shown = 3;

/** Of the pairs that are not ready it is said how much is open; what, is one press away. */
function Pairs({ pairs }: { pairs: readonly Readiness[] }) {
  if (pairs.length === 0) return <Nothing>No region could take over from another one in this scope.</Nothing>;
  const inOrder = pairs.toSorted(byReadiness);
  return (
    <>
      {inOrder.slice(0, shown).map(pair => {
        const open = pair.rows.filter(row => !['ready', 'note'].includes(row.result));
        return (
          <Row
            key={`${pair.from}.${pair.to}`}
            href={`/federation/failover?pair=${encodeURIComponent(`${pair.from}.${pair.to}`)}`}
            title={`${pair.from} to ${pair.to}`}
            text={
              <>
                {pair.ready
                  ? 'Could take over now'
                  : `${open.length} of ${pair.rows.length} things that must be so are not, or not known`}
                {'; '}
                judged <Time at={pair.at} />
              </>
            }
            tone={pair.ready ? 'ok' : 'bad'}
            mark={pair.ready ? 'ready' : 'not ready'}
          />
        );
      })}
      {pairs.length > shown ? (
        <Link href="/federation/failover" className="link block px-3.5 py-2 text-sm">
          {many(pairs.length - shown, 'more pair', 'more pairs')}
        </Link>
      ) : null}
    </>
  );
}

function Restore({ status: { newest, proven, objectives } }: { status: RecoveryStatus }) {
  const missed = objectives.filter(o => !(o.rpo.met && o.rto.met && o.proof.met));
  const objective =
    missed.length === 0
      ? 'every objective is met'
      : `${missed.map(o => o.tier).join(', ')} ${missed.length === 1 ? 'misses its objective' : 'miss their objectives'}`;
  return (
    <Row
      href="/federation/recovery"
      title={
        proven
          ? `Restored in ${(proven.durationMs / 1000).toFixed(1)} s`
          : newest
            ? 'A snapshot is there, but none was ever restored'
            : 'No snapshot was taken yet'
      }
      text={
        proven ? (
          <>
            proved <Time at={proven.at} />; {objective}
          </>
        ) : (
          objective
        )
      }
      tone={!proven || missed.length > 0 ? (newest ? 'watch' : 'bad') : 'ok'}
      mark={proven ? 'proven' : 'unproven'}
    />
  );
}
