'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { fieldErrors, messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Field, Input, Select } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import { RunDialog } from './run-drawer.tsx';
import { RunList } from './run-list.tsx';

const actions = ['scale', 'restart', 'rollback'] as const;

export function RunsTab() {
  return (
    <div className="grid grid-cols-1 gap-4">
      <TryForm />
      <RunList
        kind="sandbox"
        title="Scorecards"
        empty="Try a plan above: both futures are computed and compared, and nothing is changed."
      />
    </div>
  );
}

/** One step on one service: what proposals and executions send here is the same, with more steps. */
function TryForm() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('simulation:run');
  const library = useQuery(trpc.simulations.library.queryOptions({}));
  const services =
    library.data?.scenarios.find(s => s.id === 'bad-deploy')?.targets.find(t => t.kind === 'service')?.ids ??
    [];
  const [tenantId, setTenant] = useState('t1');
  const [target, setTarget] = useState('service-x');
  const [action, setAction] = useState<(typeof actions)[number]>('scale');
  const [replicas, setReplicas] = useState('4');
  const [made, setMade] = useState<string | null>(null);
  const run = useMutation(
    trpc.simulations.sandbox.mutationOptions({
      onSuccess: async done => {
        await queries.invalidateQueries({ queryKey: trpc.simulations.pathKey() });
        setMade(done.id);
      },
      onError: error => toast.error(messageOf(error)),
    }),
  );
  const errors = fieldErrors(run.error);
  const count = Number(replicas);
  const submit = () =>
    run.mutate({
      plan: {
        tenantId,
        steps: [
          action === 'scale'
            ? { action, target, params: { replicas: count } }
            : { action, target, params: {} },
        ],
      },
      minutes: 15,
    });
  return (
    <Card title="Try a plan">
      <form
        className="grid items-end gap-3 p-3.5 sm:grid-cols-2 lg:grid-cols-5"
        onSubmit={event => {
          event.preventDefault();
          if (!why && !run.isPending) submit();
        }}
      >
        <Field label="Tenant">
          {props => <Input {...props} value={tenantId} onChange={event => setTenant(event.target.value)} />}
        </Field>
        <Field label="Service" error={errors['plan.steps.0.target']}>
          {props => (
            <Select {...props} value={target} onChange={event => setTarget(event.target.value)}>
              {[...new Set([target, ...services])].map(id => (
                <option key={id}>{id}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Action">
          {props => (
            <Select
              {...props}
              value={action}
              onChange={event => setAction(actions.find(a => a === event.target.value) ?? 'scale')}
            >
              {actions.map(name => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Replicas">
          {props => (
            <Input
              {...props}
              inputMode="numeric"
              value={action === 'scale' ? replicas : ''}
              readOnly={action !== 'scale'}
              onChange={event => setReplicas(event.target.value)}
            />
          )}
        </Field>
        <Button
          kind="primary"
          type="submit"
          busy={run.isPending}
          why={
            why ?? (action === 'scale' && !Number.isInteger(count) ? 'Replicas are a whole number.' : null)
          }
        >
          Try it
        </Button>
      </form>
      {made ? <RunDialog id={made} onClose={() => setMade(null)} /> : null}
    </Card>
  );
}
