'use client';

import { useQuery } from '@tanstack/react-query';
import { Time } from '#components/console/time.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';
import { resultTone } from './result-tone.ts';

/** The address may name this part, which only now is there. */
const arrive = (part: HTMLElement | null) => {
  if (part && location.hash === '#policies') part.parentElement?.scrollIntoView({ block: 'start' });
};

/** What P1 to P7 rest on: each control with what it found, or why it could not be proved. */
export function PolicyMatrix() {
  const trpc = useTRPC();
  const may = useMe().permissions.includes('control:read');
  const { data } = useQuery({ ...trpc.alerts.matrix.queryOptions(), enabled: may });
  if (!may) return null;
  if (!data) return <Skeleton className="h-40" />;
  return (
    <Card
      title="Policies P1 to P7"
      end={
        data.at ? (
          <>
            {data.stale ? 'stale, ' : ''}checked <Time at={data.at} />
          </>
        ) : (
          'not checked yet'
        )
      }
      className="pb-1"
    >
      <ul id="policies" ref={arrive} className="mt-2 scroll-mt-24 divide-y">
        {data.policies.map(({ policy, result, controls }) => (
          <li
            key={policy}
            className="grid grid-cols-[2.5rem_1fr] gap-1 px-3.5 py-2 md:grid-cols-[3rem_7rem_1fr] md:gap-3"
          >
            <span className="font-semibold">{policy}</span>
            <span>
              <Pill tone={data.stale ? 'idle' : resultTone[result]}>{result}</Pill>
            </span>
            <span className="col-span-2 grid gap-1 md:col-span-1">
              {controls.length === 0 ? <span className="text-ink-2">No control proves it yet.</span> : null}
              {controls.map(control => (
                <span key={control.control}>
                  {control.title}. <span className="text-ink-2">{control.reason}.</span>
                </span>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
