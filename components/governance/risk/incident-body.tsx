'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Properties } from '#components/console/detail.tsx';
import { Time } from '#components/console/time.tsx';
import { Timeline } from '#components/console/timeline.tsx';
import { AskButton } from '#components/governance/reasoner/ask-button.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { fieldErrors, messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input, Select, Textarea } from '#components/ui/input.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
import type { IncidentDetail } from '#server/governance/risk/schema.ts';
import { dimensionWord, severityTone } from './words.ts';

/** What may be done with an incident now; each button says why it cannot be used. */
export function IncidentActions({ incident }: { incident: IncidentDetail }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const missing = useWhyNot('incident:write');
  const [resolving, setResolving] = useState(false);
  const acknowledge = useMutation(
    trpc.risks.acknowledge.mutationOptions({
      onSuccess: () => queries.invalidateQueries(trpc.risks.pathFilter()),
      onError: error => toast.error(messageOf(error)),
    }),
  );
  const over = incident.state === 'resolved' ? 'It is resolved already.' : null;
  const { tenantId, id, version } = incident;
  return (
    <>
      {over ? null : <AskButton tenantId={tenantId} service={incident.services[0] ?? null} />}
      <Button
        why={missing ?? over ?? (incident.state === 'acknowledged' ? 'Somebody has taken it on.' : null)}
        busy={acknowledge.isPending}
        onClick={() => acknowledge.mutate({ tenantId, id, version })}
      >
        Take on
      </Button>
      <Button kind="primary" why={missing ?? over} onClick={() => setResolving(true)}>
        Resolve
      </Button>
      {resolving ? <Resolve incident={incident} onClose={() => setResolving(false)} /> : null}
    </>
  );
}

function Resolve({ incident, onClose }: { incident: IncidentDetail; onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [verdict, setVerdict] = useState<'confirmed' | 'false_alarm'>('confirmed');
  const [reason, setReason] = useState('');
  const resolve = useMutation(trpc.risks.resolve.mutationOptions());
  const errors = fieldErrors(resolve.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { tenantId, id, version } = incident;
    resolve.mutate(
      { tenantId, id, version, verdict, reason },
      {
        onSuccess: async () => {
          await queries.invalidateQueries(trpc.risks.pathFilter());
          onClose();
        },
      },
    );
  };
  return (
    <Dialog
      open
      onOpenChange={open => !open && onClose()}
      title="Resolve the incident"
      description="What is known of it now does not raise it again; something new does."
    >
      <form className="grid gap-4" onSubmit={submit}>
        <Field label="What it was" error={errors.verdict}>
          {props => (
            <Select
              {...props}
              value={verdict}
              onChange={event => setVerdict(event.target.value as typeof verdict)}
            >
              <option value="confirmed">Something was wrong</option>
              <option value="false_alarm">A false alarm</option>
            </Select>
          )}
        </Field>
        <Field label="What happened" error={errors.reason}>
          {props => <Textarea {...props} value={reason} onChange={event => setReason(event.target.value)} />}
        </Field>
        <p role="alert" className={resolve.error ? 'text-bad' : 'sr-only'}>
          {resolve.error ? messageOf(resolve.error) : ''}
        </p>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={resolve.isPending}>
            Resolve
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function IncidentBody({ incident }: { incident: IncidentDetail }) {
  return (
    <div className="grid gap-4">
      <Card title="About it">
        <div className="p-3.5">
          <Properties
            items={[
              ['Tenant', incident.tenantId],
              ['Services', incident.services.join(', ') || null],
              ['Regions', incident.regions.join(', ') || null],
              ['Dimensions', incident.dimensions.map(dimension => dimensionWord[dimension]).join(', ')],
              ['Opened', <Time key="opened" at={incident.openedAt} />],
              ['Last seen', <Time key="last" at={incident.lastAt} />],
              ['Taken on by', incident.acknowledgedBy],
              [
                'It was',
                incident.verdict === null
                  ? null
                  : incident.verdict === 'confirmed'
                    ? 'Something was wrong'
                    : 'A false alarm',
              ],
            ]}
          />
        </div>
      </Card>
      <Card title="Alerts" end={`${incident.firing.length}`}>
        <ul className="mt-2 divide-y border-t">
          {incident.firing.map(alert => (
            <li key={alert.id} className="grid gap-1 px-3.5 py-2">
              <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <span className="font-medium">{alert.title}</span>
                <Pill tone={severityTone[alert.severity]}>{alert.severity}</Pill>
                <Pill tone={alert.firing ? 'bad' : 'idle'}>{alert.firing ? 'firing' : 'ended'}</Pill>
                <span className="num ml-auto text-ink-2">
                  {alert.count === 1 ? 'seen once' : `seen ${alert.count} times`}, last{' '}
                  <Time at={alert.lastAt} />
                </span>
              </div>
              <p className="font-mono text-ink-2 text-xs [overflow-wrap:anywhere]">
                rule:{alert.rule}
                {alert.eventIds.length > 0 ? `; events ${alert.eventIds.slice(-4).join(', ')}` : ''}
                {alert.eventIds.length > 4 ? ` and ${alert.eventIds.length - 4} before` : ''}
              </p>
            </li>
          ))}
        </ul>
      </Card>
      <Card title="Timeline">
        <div className="mt-2 border-t">
          <Timeline
            empty="Nothing yet."
            items={incident.timeline.map(entry => ({
              id: entry.id,
              at: entry.at,
              text: entry.text,
              end: entry.actor.startsWith('system:') ? 'the console' : entry.actor.replace(/^\w+:/, ''),
            }))}
          />
        </div>
        <Note incident={incident} />
      </Card>
    </div>
  );
}

function Note({ incident }: { incident: IncidentDetail }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('incident:write');
  const [text, setText] = useState('');
  const note = useMutation(trpc.risks.note.mutationOptions());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (why || note.isPending) return;
    note.mutate(
      { tenantId: incident.tenantId, id: incident.id, text },
      {
        onSuccess: async () => {
          setText('');
          await queries.invalidateQueries(trpc.risks.pathFilter());
        },
      },
    );
  };
  return (
    <form className="flex flex-wrap items-end gap-2 border-t p-3.5" onSubmit={submit}>
      <div className="min-w-52 flex-1">
        <Field
          label="Note"
          error={note.error ? (fieldErrors(note.error).text ?? messageOf(note.error)) : undefined}
        >
          {props => <Input {...props} value={text} onChange={event => setText(event.target.value)} />}
        </Field>
      </div>
      <Button type="submit" why={why} busy={note.isPending}>
        Write
      </Button>
    </form>
  );
}
