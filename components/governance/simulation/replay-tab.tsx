'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Field, Select } from '#components/ui/input.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import { toast } from '#components/ui/toast.ts';
import { RunDialog } from './run-drawer.tsx';
import { RunList } from './run-list.tsx';
import { percent } from './words.ts';

const tiers = ['low', 'medium', 'high', 'critical'] as const;
const modes = ['auto', 'approve', 'deny'] as const;
const words = { auto: 'without a person', approve: 'asks first', deny: 'never' } as const;
type Mode = (typeof modes)[number];
const spans = [1, 7, 14, 35];

export function ReplayTab() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('simulation:run');
  const [tenant, setTenant] = useState('');
  const [days, setDays] = useState(7);
  const [draft, setDraft] = useState<Record<(typeof tiers)[number], Mode>>({
    low: 'auto',
    medium: 'auto',
    high: 'approve',
    critical: 'approve',
  });
  const [made, setMade] = useState<string | null>(null);
  const library = useQuery(trpc.simulations.library.queryOptions({}));
  const tenants =
    library.data?.scenarios.find(s => s.id === 'traffic-surge')?.targets.find(t => t.kind === 'tenant')
      ?.ids ?? [];
  const replay = useMutation(
    trpc.simulations.replay.mutationOptions({
      onSuccess: async run => {
        await queries.invalidateQueries({ queryKey: trpc.simulations.pathKey() });
        setMade(run.id);
      },
      onError: error => toast.error(messageOf(error)),
    }),
  );
  const submit = () =>
    replay.mutate({
      ...(tenant ? { tenantId: tenant } : {}),
      days,
      document: { tiers: draft, actions: {}, globalThreshold: 0, dryRunIn: [] },
    });
  return (
    <div className="grid grid-cols-1 gap-4">
      <Card title="What would this policy have done?">
        <form
          className="grid items-end gap-3 p-3.5 sm:grid-cols-2 lg:grid-cols-4"
          onSubmit={event => {
            event.preventDefault();
            if (!why && !replay.isPending) submit();
          }}
        >
          <Field label="Tenant">
            {props => (
              <Select {...props} value={tenant} onChange={event => setTenant(event.target.value)}>
                <option value="">every tenant</option>
                {tenants.map(id => (
                  <option key={id}>{id}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="History">
            {props => (
              <Select {...props} value={days} onChange={event => setDays(Number(event.target.value))}>
                {spans.map(span => (
                  <option key={span} value={span}>
                    {span === 1 ? 'one day' : `${span} days`}
                  </option>
                ))}
              </Select>
            )}
          </Field>
          {tiers.map(tier => (
            <Field key={tier} label={`Risk ${tier}`}>
              {props => (
                <Select
                  {...props}
                  value={draft[tier]}
                  onChange={event =>
                    setDraft({ ...draft, [tier]: modes.find(m => m === event.target.value) ?? 'approve' })
                  }
                >
                  {modes.map(mode => (
                    <option key={mode} value={mode}>
                      {words[mode]}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          ))}
          <Button kind="primary" type="submit" busy={replay.isPending} why={why}>
            Replay
          </Button>
        </form>
      </Card>
      <Gates />
      <RunList
        kind="replay"
        title="Replays"
        empty="Nothing was replayed yet; nothing of a draft comes into force."
      />
      {made ? <RunDialog id={made} onClose={() => setMade(null)} /> : null}
    </div>
  );
}

/** What the last replay of every tenant allows; whatever it speaks against asks people before it runs. */
function Gates() {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.simulations.gates.queryOptions({}));
  if (!data) return <Skeleton className="h-24" />;
  return (
    <Card title="What may run without a person" end={data.rows[0] ? <Time at={data.rows[0].at} /> : null}>
      {data.rows.length === 0 ? (
        <EmptyState title="Nothing yet">
          A replay of every tenant says, for each tenant and action, whether history speaks against it. What
          it speaks against asks people first, whatever the policies leave free.
        </EmptyState>
      ) : (
        <ScrollArea label="Autonomy by tenant and action" className="max-h-96">
          <table className="mt-2 w-full min-w-[44rem] border-t text-left text-sm">
            <thead className="text-ink-3">
              <tr>
                {['Tenant', 'Action', 'May', 'Cases', 'Helped', 'Harm', 'Harm, at most', 'Why'].map(head => (
                  <th key={head} scope="col" className="px-3.5 py-1.5 font-medium">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y border-t">
              {data.rows.map(row => (
                <tr key={`${row.tenantId} ${row.action}`}>
                  <td className="px-3.5 py-1.5 font-mono text-xs">{row.tenantId}</td>
                  <td className="px-3.5 py-1.5">{row.action}</td>
                  <td className="px-3.5 py-1.5">
                    <Pill tone={row.mode === 'auto' ? 'ok' : 'watch'}>{words[row.mode]}</Pill>
                  </td>
                  {[row.acted, row.saved, row.harmed, percent(row.harmUpper)].map((value, i) => (
                    <td key={String(i)} className="num whitespace-nowrap px-3.5 py-1.5">
                      {value}
                    </td>
                  ))}
                  <td className="px-3.5 py-1.5 text-ink-2">{row.reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollArea>
      )}
    </Card>
  );
}
