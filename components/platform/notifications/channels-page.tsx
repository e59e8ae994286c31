'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { ErrorState, NoPermission } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
import type { ChannelRow } from '#server/platform/notifications/schema.ts';
import { useMe, useWhyNot } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { useStepUpMutation } from '../mfa/use-step-up-mutation.ts';
import { EndpointsCard } from './endpoints-card.tsx';
import { TestResult } from './test-result.tsx';

export function ChannelsPage() {
  const trpc = useTRPC();
  const may = useMe().permissions.includes('channel:read');
  const { data, error, isPending, refetch } = useQuery({
    ...trpc.notifications.channels.queryOptions(),
    enabled: may,
  });
  if (!may)
    return (
      <NoPermission title="Channels are not visible to you">
        The permission channel:read is needed. How you are told yourself is under Settings, Notification
        settings.
      </NoPermission>
    );
  if (error)
    return (
      <ErrorState
        title="The channels could not be read"
        action={<Button onClick={() => void refetch()}>Try again</Button>}
      >
        {messageOf(error)}
      </ErrorState>
    );
  if (isPending) return <Skeleton className="h-96" />;
  const real = data.channels.filter(row => row.state === 'real' && row.channel !== 'webhook');
  const simulated = data.channels.filter(row => row.state === 'simulated');
  return (
    <>
      <Verdict>
        {real.length === 0
          ? 'No chat or mail channel is connected'
          : `${real.map(row => row.title).join(' and ')} ${real.length === 1 ? 'is' : 'are'} connected`}
        {simulated.length > 0 ? (
          <>
            ;{' '}
            <Phrase href="/settings/deliveries?state=simulated" tone="sim">
              {`${simulated.map(row => row.title).join(' and ')} only record${simulated.length === 1 ? 's' : ''} what would be said`}
            </Phrase>
          </>
        ) : null}
        .
      </Verdict>
      <div className="grid gap-4 lg:grid-cols-2">
        {data.channels
          .filter(row => row.channel !== 'webhook')
          .map(row => (
            <ChannelCard key={row.channel} row={row} fallback={data.fallback} />
          ))}
      </div>
      <EndpointsCard endpoints={data.endpoints} />
    </>
  );
}

function ChannelCard({ row, fallback }: { row: ChannelRow; fallback: boolean }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const mayTest = useWhyNot('delivery:write');
  const maySet = useWhyNot('channel:write');
  const [tested, setTested] = useState<string | null>(null);
  const test = useMutation(
    trpc.notifications.test.mutationOptions({
      onSuccess: ({ deliveryId }) => setTested(deliveryId),
      onError: error => toast.error(messageOf(error)),
    }),
  );
  const connect = useStepUpMutation(
    trpc.notifications.connectTelegram.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries(trpc.notifications.pathFilter());
        toast.success('Telegram calls this console now.');
      },
      onError: error => toast.error(messageOf(error)),
    }),
  );
  return (
    <Card
      title={row.title}
      end={row.state === 'simulated' ? <SimulatedBadge /> : <Pill tone="ok">connected</Pill>}
    >
      <div className="grid gap-3 p-3.5">
        <p className="text-ink-2 [overflow-wrap:anywhere]">{sentence(row.reason)}</p>
        <CircuitLine circuit={row.circuit} />
        <dl className="num grid grid-cols-2 gap-x-4 gap-y-1 sm:grid-cols-4">
          <Figure label="Delivered, last day" value={row.day.delivered} />
          <Figure label="Recorded, last day" value={row.day.simulated} />
          <Figure label="On the way" value={row.waiting} />
          <Figure
            label="Given up"
            value={row.dead}
            href={`/settings/deliveries?channel=${row.channel}&state=dead`}
          />
        </dl>
        <p className="text-ink-3 text-sm">
          Last arrived: <Time at={row.lastAt} />
          {row.channel === 'mail'
            ? fallback
              ? ' · when nobody has an address, ADMIN_APPROVER_EMAIL is written to'
              : ' · when nobody has an address, nobody is written to'
            : null}
        </p>
        {row.callback ? (
          <p className="text-ink-2 text-sm">
            Buttons call <code className="font-mono [overflow-wrap:anywhere]">{row.callback.url}</code>:{' '}
            {row.callback.reason}.
          </p>
        ) : null}
        <div className="flex flex-wrap gap-2">
          <Button
            why={mayTest}
            busy={test.isPending}
            onClick={() => test.mutate({ channel: row.channel })}
            aria-label={`Send a test over ${row.title}`}
          >
            Send a test
          </Button>
          {row.channel === 'telegram' && row.state === 'real' ? (
            <Button why={maySet} busy={connect.isPending} onClick={() => connect.mutate()}>
              Tell Telegram where to call
            </Button>
          ) : null}
          <Link href={`/settings/deliveries?channel=${row.channel}`} className="link self-center">
            Delivery log
          </Link>
        </div>
        <TestResult id={tested} />
      </div>
    </Card>
  );
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

export function CircuitLine({ circuit }: { circuit: ChannelRow['circuit'] }) {
  if (circuit.state === 'closed') return null;
  return (
    <p className="flex flex-wrap items-center gap-2">
      <Pill tone="watch">{circuit.state === 'open' ? 'spared' : 'being tried'}</Pill>
      <span className="text-ink-2">
        {circuit.failures} failures in a row; the next delivery tries it <Time at={circuit.retryAt} />.
      </span>
    </p>
  );
}

function Figure({ label, value, href }: { label: string; value: number; href?: string }) {
  return (
    <div>
      <dt className="text-ink-3 text-sm">{label}</dt>
      <dd className="font-medium text-lg">
        {href && value > 0 ? (
          <Link href={href} className="link text-bad">
            {value}
          </Link>
        ) : (
          value
        )}
      </dd>
    </div>
  );
}
