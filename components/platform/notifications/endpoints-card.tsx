'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { ShownOnce } from '#components/console/shown-once.tsx';
import { EmptyState } from '#components/console/states.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
import type { ChannelRow, EndpointRow } from '#server/platform/notifications/schema.ts';
import { useWhyNot } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { useStepUpMutation } from '../mfa/use-step-up-mutation.ts';
import { EndpointForm } from './endpoint-form.tsx';
import { TestResult } from './test-result.tsx';
import { kindWords } from './words.ts';

type Endpoint = EndpointRow & { circuit: ChannelRow['circuit'] };

/** Where Standard Webhooks go out to. Changing one needs a second factor: it decides who outside is told. */
export function EndpointsCard({ endpoints }: { endpoints: readonly Endpoint[] }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('channel:write');
  const [form, setForm] = useState<EndpointRow | 'new' | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const [removing, setRemoving] = useState<EndpointRow | null>(null);
  const again = () => queries.invalidateQueries(trpc.notifications.pathFilter());
  const failed = (error: unknown) => toast.error(messageOf(error));
  const update = useStepUpMutation(
    trpc.notifications.updateEndpoint.mutationOptions({ onSuccess: again, onError: failed }),
  );
  const rotate = useStepUpMutation(
    trpc.notifications.rotateEndpoint.mutationOptions({
      onSuccess: async made => {
        setSecret(made.secret);
        await again();
      },
      onError: failed,
    }),
  );
  const remove = useStepUpMutation(trpc.notifications.removeEndpoint.mutationOptions({ onSuccess: again }));
  const add = (
    <Button kind="primary" why={why} onClick={() => setForm('new')}>
      New endpoint
    </Button>
  );
  return (
    <Card title="Webhooks" end={endpoints.length > 0 ? add : null}>
      {endpoints.length === 0 ? (
        <EmptyState title="No endpoint" action={add}>
          A service of yours hears of the kinds you choose, signed by the Standard Webhooks scheme.
        </EmptyState>
      ) : (
        <ul className="mt-2 divide-y">
          {endpoints.map(endpoint => (
            <EndpointItem
              key={endpoint.id}
              endpoint={endpoint}
              why={why}
              busy={update.isPending || rotate.isPending}
              onEdit={() => setForm(endpoint)}
              onToggle={() =>
                update.mutate({ id: endpoint.id, version: endpoint.version, enabled: !endpoint.enabled })
              }
              onRotate={() => rotate.mutate({ id: endpoint.id, version: endpoint.version })}
              onRemove={() => setRemoving(endpoint)}
            />
          ))}
        </ul>
      )}
      <EndpointForm given={form} onClose={() => setForm(null)} onSecret={setSecret} />
      <ShownOnce
        title="Signing secret"
        about="Put it where the receiving service verifies webhooks. It is shown this once; here it is kept sealed."
        secret={secret}
        onDone={() => setSecret(null)}
      />
      {removing ? (
        <DangerDialog
          open
          onOpenChange={open => !open && setRemoving(null)}
          title={`Remove ${removing.name}`}
          blast="This endpoint hears of nothing any more, also not of what is on the way."
          typeName={removing.name}
          needs="Needs a second factor given within ten minutes."
          action="Remove"
          onConfirm={reason => remove.mutateAsync({ id: removing.id, reason })}
        />
      ) : null}
    </Card>
  );
}

interface ItemProps {
  endpoint: Endpoint;
  why: string | null;
  busy: boolean;
  onEdit: () => void;
  onToggle: () => void;
  onRotate: () => void;
  onRemove: () => void;
}

function EndpointItem({ endpoint, why, busy, onEdit, onToggle, onRotate, onRemove }: ItemProps) {
  const trpc = useTRPC();
  const mayTest = useWhyNot('delivery:write');
  const [tested, setTested] = useState<string | null>(null);
  const test = useMutation(
    trpc.notifications.test.mutationOptions({
      onSuccess: ({ deliveryId }) => setTested(deliveryId),
      onError: error => toast.error(messageOf(error)),
    }),
  );
  const { circuit } = endpoint;
  return (
    <li className="grid gap-2 px-3.5 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{endpoint.name}</span>
        <Pill tone={endpoint.enabled ? 'ok' : 'idle'}>{endpoint.enabled ? 'on' : 'off'}</Pill>
        {circuit.state === 'closed' ? null : (
          <Pill tone="watch">{circuit.state === 'open' ? 'spared after failures' : 'being tried'}</Pill>
        )}
        <code className="font-mono text-ink-2 text-sm [overflow-wrap:anywhere]">{endpoint.url}</code>
        <span className="text-ink-3 text-sm">{endpoint.kinds.map(kind => kindWords[kind]).join(', ')}</span>
      </div>
      <div className="flex flex-wrap gap-2">
        <Button
          size="sm"
          why={mayTest ?? (endpoint.enabled ? null : 'It is off.')}
          busy={test.isPending}
          onClick={() => test.mutate({ channel: 'webhook', endpointId: endpoint.id })}
          aria-label={`Send a test to ${endpoint.name}`}
        >
          Send a test
        </Button>
        <Button size="sm" why={why} onClick={onEdit} aria-label={`Edit ${endpoint.name}`}>
          Edit
        </Button>
        <Button size="sm" why={why} busy={busy} onClick={onToggle}>
          {endpoint.enabled ? 'Switch off' : 'Switch on'}
        </Button>
        <Button size="sm" why={why} busy={busy} onClick={onRotate}>
          New secret
        </Button>
        <Button size="sm" kind="danger" why={why} onClick={onRemove} aria-label={`Remove ${endpoint.name}`}>
          Remove
        </Button>
      </div>
      <TestResult id={tested} />
    </li>
  );
}
