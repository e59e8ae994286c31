'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Field, Input, Select } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import { RunList } from './run-list.tsx';

const shares = [0.05, 0.1, 0.2, 0.5];

export function CanaryTab() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('simulation:run');
  const library = useQuery(trpc.simulations.library.queryOptions({}));
  const services =
    library.data?.scenarios.find(s => s.id === 'bad-deploy')?.targets.find(t => t.kind === 'service')?.ids ??
    [];
  const [service, setService] = useState('service-x');
  const [version, setVersion] = useState('');
  const [share, setShare] = useState(0.2);
  const start = useMutation(
    trpc.simulations.startCanary.mutationOptions({
      onSuccess: async run => {
        await queries.invalidateQueries({ queryKey: trpc.simulations.pathKey() });
        toast.success(`${run.title}: judged in ten minutes`);
        setVersion('');
      },
      onError: error => toast.error(messageOf(error)),
    }),
  );
  return (
    <div className="grid grid-cols-1 gap-4">
      <Card title="Start a canary">
        <p className="px-3.5 pt-1 text-ink-2">
          A share of the replicas runs the version for ten minutes beside the others. What is as good is
          promoted, what is worse is taken back, and what cannot be judged goes on once and is then taken
          back.
        </p>
        <form
          className="grid items-end gap-3 p-3.5 sm:grid-cols-2 lg:grid-cols-4"
          onSubmit={event => {
            event.preventDefault();
            if (!why && version && !start.isPending) start.mutate({ service, version, share, minutes: 10 });
          }}
        >
          <Field label="Service">
            {props => (
              <Select {...props} value={service} onChange={event => setService(event.target.value)}>
                {[...new Set([service, ...services])].map(id => (
                  <option key={id}>{id}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Version">
            {props => (
              <Input
                {...props}
                value={version}
                placeholder="2.4.0"
                autoComplete="off"
                onChange={event => setVersion(event.target.value.trim())}
              />
            )}
          </Field>
          <Field label="Share of replicas">
            {props => (
              <Select {...props} value={share} onChange={event => setShare(Number(event.target.value))}>
                {shares.map(part => (
                  <option key={part} value={part}>
                    {Math.round(part * 100)} percent
                  </option>
                ))}
              </Select>
            )}
          </Field>
          <Button
            kind="primary"
            type="submit"
            busy={start.isPending}
            why={why ?? (version ? null : 'Name the version first.')}
          >
            Start
          </Button>
        </form>
      </Card>
      <RunList kind="canary" title="Canaries" empty="Start one above and come back when it was judged." />
    </div>
  );
}
