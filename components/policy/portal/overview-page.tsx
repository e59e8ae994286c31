'use client';

import { useQuery } from '@tanstack/react-query';
import { IdChip } from '#components/console/id-chip.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { CheckpointCard } from '#components/governance/audit/checkpoint-card.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { PortalSync } from '#server/policy/portal/schema.ts';
import { stateTone, stateWord } from '../auditor/words.ts';
import { policyKindNames } from '../hub/kind-words.ts';

/** What anybody may see: whether the edge follows the hub, what is active by hash, and the ledger's signed head. */
export function OverviewPage() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const often = { refetchInterval: 5000 };
  const sync = useQuery({ ...trpc.portal.sync.queryOptions({}), ...often });
  const hashes = useQuery({ ...trpc.portal.hashes.queryOptions({}), ...often });
  const head = useQuery({ ...trpc.portal.checkpoint.queryOptions({}), ...often });
  const failed = sync.error ?? hashes.error;
  if (failed) return <ErrorState title="The portal could not be read">{messageOf(failed)}</ErrorState>;
  return (
    <>
      <Verdict>{sync.data ? sentence(sync.data) : 'Reading how things stand …'}</Verdict>
      {sync.data ? <Facts sync={sync.data} /> : <Skeleton className="h-24" />}
      <Card title="Active now" end="policies of this installation, by hash">
        {hashes.data ? null : <Skeleton className="m-3.5 h-32" />}
        {hashes.data?.rows.length === 0 ? (
          <EmptyState title="No policy is active">What is published and activated is listed here.</EmptyState>
        ) : null}
        <ul className="mt-2 divide-y border-t">
          {hashes.data?.rows.map(row => (
            <li key={row.policy} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2">
              <span className="font-medium">{row.policy}</span>
              <span className="text-ink-2">
                {policyKindNames[row.kind as keyof typeof policyKindNames]?.label ?? row.kind}
              </span>
              <span className="num text-ink-2">
                version {row.version}, epoch {row.epoch}
              </span>
              <span className="text-ink-2">
                since <Time at={row.since} />
              </span>
              <span className="ml-auto flex items-center gap-3">
                <Pill tone={row.holding === row.relays ? 'ok' : 'watch'}>
                  {row.holding} of {row.relays} relays
                </Pill>
                <IdChip id={row.hash} label={`Copy the hash of ${row.policy}`} />
              </span>
            </li>
          ))}
        </ul>
      </Card>
      {head.data ? (
        <CheckpointCard
          head={head.data}
          consistency={async (from, to) => (await client.portal.consistency.query({ from, to })).path}
        />
      ) : null}
    </>
  );
}

function sentence({ relays, discrepancies, activePolicies }: PortalSync): string {
  if (relays.admitted === 0) return `${activePolicies} policies are active; no relay has joined.`;
  const all =
    relays.connected === relays.admitted
      ? `All ${relays.admitted}`
      : `${relays.connected} of ${relays.admitted}`;
  return `${all} relays follow the hub, with ${activePolicies} active policies and ${
    discrepancies === 0 ? 'no discrepancy' : `${discrepancies} discrepancies`
  }.`;
}

function Facts({ sync }: { sync: PortalSync }) {
  const { propagation: p, audit } = sync;
  const ms = (value: number | null) => (value === null ? 'not measured' : `${Math.round(value)} ms`);
  const facts: [string, React.ReactNode][] = [
    ['Log and epoch', `entry ${sync.head}, epoch ${sync.epoch}`],
    [
      'Publish to active',
      p.samples === 0
        ? 'nothing published today'
        : `p50 ${ms(p.p50)}, p99 ${ms(p.p99)} of ${p.budgetMs} ms allowed`,
    ],
    ['Compared', <Time key="c" at={sync.comparedAt} />],
    [
      'Last audit',
      <span key="a" className="inline-flex flex-wrap items-center gap-2">
        <Pill tone={stateTone[audit.state]}>{stateWord[audit.state]}</Pill>
        {audit.at ? <Time at={audit.at} /> : null}
      </span>,
    ],
  ];
  return (
    <dl className="grid gap-px overflow-hidden rounded-lg border bg-line sm:grid-cols-2 lg:grid-cols-4">
      {facts.map(([label, value]) => (
        <div key={label} className="bg-surface px-3.5 py-2.5">
          <dt className="text-ink-3 text-sm">{label}</dt>
          <dd className="num font-medium">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
