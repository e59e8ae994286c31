'use client';

import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { Pill } from '#components/ui/pill.tsx';
import { useTRPC } from '../live/trpc.ts';
import { stateTone, stateWords } from './words.ts';

/** What became of the test, as it happens; the stream says when to look again. */
export function TestResult({ id }: { id: string | null }) {
  const trpc = useTRPC();
  const { data } = useQuery({
    ...trpc.notifications.delivery.queryOptions({ id: id ?? '' }),
    enabled: id !== null,
  });
  if (!id || !data) return null;
  return (
    <p role="status" className="flex flex-wrap items-center gap-2">
      <Pill tone={stateTone[data.state]}>{stateWords[data.state]}</Pill>
      <span className="min-w-0 text-ink-2 [overflow-wrap:anywhere]">
        {data.state === 'simulated'
          ? 'Recorded as simulated: nothing left the console.'
          : (data.lastError ?? `The test to ${data.to}.`)}
      </span>
      <Link href={`/settings/deliveries?peek=${id}`} className="link">
        What was said
      </Link>
    </p>
  );
}
