'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { ErrorState, NoPermission } from '#components/console/states.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { Tabs } from '#components/ui/tabs.tsx';
import { phases } from '#server/platform/environment/schema/terms.ts';
import { PolicyMatrix } from '../alerts/policy-matrix.tsx';
import { useMe } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { EnvironmentVerdict, GatewayList } from './gateway-list.tsx';
import { PhasePanel } from './phase-panel.tsx';

export function EnvironmentPage() {
  const trpc = useTRPC();
  const may = useMe().permissions.includes('environment:read');
  const [phase, setPhase] = useQueryState('phase', parseAsStringLiteral(phases).withDefault('G.1'));
  const { data, error, isPending } = useQuery({ ...trpc.environment.list.queryOptions(), enabled: may });
  if (!may)
    return (
      <NoPermission title="The environment is not visible to you">
        The permission environment:read is needed.
      </NoPermission>
    );
  if (error) return <ErrorState title="The environment could not be read">{messageOf(error)}</ErrorState>;
  if (isPending) return <Skeleton className="h-60" />;
  return (
    <>
      <EnvironmentVerdict gateways={data.gateways} />
      <p className="max-w-3xl text-ink-2">
        To connect something, open it below and copy its lines: the variables go where{' '}
        <code className="font-mono text-sm">npm start</code> is called, or into{' '}
        <code className="font-mono text-sm">.env</code>. Start again, then run the precheck of a phase: it
        really connects. Values are never shown here.
      </p>
      <GatewayList gateways={data.gateways} purposes={new Map(data.variables.map(v => [v.name, v]))} />
      <PolicyMatrix />
      <Tabs
        label="Phases"
        value={phase}
        onChange={id => void setPhase(phases.find(p => p === id) ?? 'G.1')}
        tabs={phases.map(id => ({
          id,
          label: id,
          content: <PhasePanel phase={id} variables={data.variables.filter(v => v.phases.includes(id))} />,
        }))}
      />
      <Card title="The console itself" className="pb-2">
        <ul className="mt-2 divide-y">
          {data.variables
            .filter(v => v.phases.length === 0)
            .map(v => (
              <li key={v.name} className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-3.5 py-2">
                <code className="font-mono text-sm">{v.name}</code>
                <span className="text-ink-2">{v.purpose}</span>
                <span className="ml-auto">
                  {v.set ? <Pill tone="ok">set</Pill> : <span className="text-ink-3">{v.without}</span>}
                </span>
              </li>
            ))}
        </ul>
      </Card>
    </>
  );
}
