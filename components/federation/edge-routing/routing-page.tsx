'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ErrorState } from '#components/console/states.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import type { RouteInput } from '#server/federation/edge-routing/schema.ts';
import { RouteForm } from './route-form.tsx';
import { RouteResult } from './route-result.tsx';

/** Where would a request of this tenant go, and why not elsewhere? Nothing is sent: it is the answer of `POST /route`. */
export function RoutingPage() {
  const trpc = useTRPC();
  const [asked, setAsked] = useState<RouteInput | null>(null);
  const { data, error, isFetching } = useQuery({
    ...trpc.edgeRouting.route.queryOptions(asked ?? { tenant: '-' }),
    enabled: asked !== null,
  });
  return (
    <>
      <Verdict>
        {data && asked ? (
          data.region === null ? (
            <span className="text-bad">Nobody is sent anywhere: {data.refusal}</span>
          ) : (
            `A request of ${data.tenant} goes to ${data.region}${data.readOnly ? `, which takes no commit now: ${data.readOnly}` : ''}.`
          )
        ) : (
          'Where a request of a tenant would be led, as every service that asks is told.'
        )}
      </Verdict>
      <Card title="A request" className="pb-3.5">
        <RouteForm busy={isFetching} onAsk={setAsked} />
      </Card>
      {error && asked ? (
        <ErrorState title="The route could not be asked">{messageOf(error)}</ErrorState>
      ) : null}
      {asked && !data && !error ? <Skeleton className="h-48" /> : null}
      {asked && data ? <RouteResult route={data} /> : null}
    </>
  );
}
