'use client';

import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Properties } from '#components/console/detail.tsx';
import { IdChip } from '#components/console/id-chip.tsx';
import { JsonView } from '#components/console/json-view.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { useStepUpMutation } from '#components/platform/mfa/use-step-up-mutation.ts';
import { Button } from '#components/ui/button.tsx';
import { Skeleton } from '#components/ui/card.tsx';
import { Drawer } from '#components/ui/dialog.tsx';
import { Field, Input } from '#components/ui/input.tsx';
import { SeverityMark } from './severity-mark.tsx';

const tokens = /<(?:email|name|phone|birth|address|card|iban|national|ip|bearer|key|secret):[\w-]{38,}>/g;

/** Tenant and id, as one key of a row. */
export const rowKey = (row: { tenantId: string; id: string }) => `${row.tenantId}/${row.id}`;

export function EventDrawer({ rowKey: key, onClose }: { rowKey: string | null; onClose: () => void }) {
  const trpc = useTRPC();
  const at = key?.indexOf('/') ?? -1;
  const [tenant, id] = [key?.slice(0, at) ?? '', key?.slice(at + 1) ?? ''];
  const { data, error } = useQuery({
    ...trpc.telemetry.get.queryOptions({ id, tenant }),
    enabled: at > 0,
  });
  const event = data?.event;
  const taken = [
    ...new Set(event ? (JSON.stringify([event.message, event.attributes]).match(tokens) ?? []) : []),
  ];
  return (
    <Drawer open={key !== null} onOpenChange={open => !open && onClose()} title={event?.event ?? 'Event'}>
      {error ? (
        <ErrorState title="The event could not be read">{messageOf(error)}</ErrorState>
      ) : !event ? (
        <Skeleton className="h-40 w-full" />
      ) : (
        <div className="grid gap-4">
          {event.message ? (
            <p className="rounded-md bg-sunken p-3 font-mono text-sm [overflow-wrap:anywhere]">
              {event.message}
            </p>
          ) : null}
          <Properties
            items={[
              ['Severity', <SeverityMark key="s" severity={event.severity} />],
              ['When', <Time key="t" at={event.ts} />],
              ['Tenant', event.tenantId],
              ['Service', event.service],
              ['Region', event.region],
              ['Came by', event.source],
              ['Kind', event.simulated ? <SimulatedBadge key="k" /> : 'real'],
              ['Id', <IdChip key="i" id={event.id} label="Copy the id" />],
              [
                'Trace',
                event.traceId ? <IdChip key="c" id={event.traceId} label="Copy the trace id" /> : null,
              ],
              [
                'Template',
                data.template ? (
                  <code key="p" className="text-sm">
                    {data.template}
                  </code>
                ) : null,
              ],
            ]}
          />
          <section className="grid gap-2" aria-label="Attributes">
            <h3 className="font-medium">Attributes</h3>
            <JsonView value={event.attributes} />
          </section>
          {taken.length > 0 ? <Reveal tenantId={event.tenantId} tokens={taken.slice(0, 50)} /> : null}
        </div>
      )}
    </Drawer>
  );
}

function Reveal({ tenantId, tokens: given }: { tenantId: string; tokens: string[] }) {
  const trpc = useTRPC();
  const why = useWhyNot('telemetry:reveal');
  const [reason, setReason] = useState('');
  const reveal = useStepUpMutation(trpc.telemetry.reveal.mutationOptions());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    reveal.mutate({ tenantId, tokens: given, reason });
  };
  return (
    <section className="grid gap-2 border-t pt-4" aria-label="What was taken out">
      <h3 className="font-medium">
        {given.length === 1 ? 'One value was taken out' : `${given.length} values were taken out`} when it
        came in
      </h3>
      {reveal.data ? (
        <Properties items={reveal.data.values.map(({ kind, value }, n) => [`${kind} ${n + 1}`, value])} />
      ) : (
        <form onSubmit={submit} className="grid gap-2">
          <Field
            label="Why it must be read"
            hint="Who read it and why stands in the ledger; the values do not."
          >
            {props => <Input {...props} value={reason} onChange={event => setReason(event.target.value)} />}
          </Field>
          {reveal.error ? <p className="text-bad">{messageOf(reveal.error)}</p> : null}
          <Button
            type="submit"
            className="justify-self-start"
            why={why ?? (reason.trim().length < 3 ? 'Say why first.' : null)}
          >
            Read the values
          </Button>
        </form>
      )}
    </section>
  );
}
