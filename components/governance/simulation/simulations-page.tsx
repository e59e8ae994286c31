'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { ErrorState } from '#components/console/states.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Tabs } from '#components/ui/tabs.tsx';
import { CanaryTab } from './canary-tab.tsx';
import { FaultsTab } from './faults-tab.tsx';
import { GameDaysTab } from './game-days-tab.tsx';
import { ReplayTab } from './replay-tab.tsx';
import { RunsTab } from './runs-tab.tsx';

const tabs = ['faults', 'game-days', 'scorecards', 'canaries', 'replay'] as const;

/** Where things may break: faults of the simulated world, game days, scorecards, canaries and replays. */
export function SimulationsPage() {
  const trpc = useTRPC();
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(tabs).withDefault('faults'));
  const faults = useQuery({ ...trpc.simulations.faults.queryOptions({}), refetchInterval: 15_000 });
  if (faults.error)
    return <ErrorState title="The simulated world could not be read">{messageOf(faults.error)}</ErrorState>;
  const running = faults.data?.running ?? [];
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <Verdict>
          {!faults.data
            ? 'Reading the simulated world …'
            : running.length === 0
              ? 'Nothing is broken in the simulated world.'
              : `${running.length} ${running.length === 1 ? 'fault is' : 'faults are'} under way in the simulated world.`}
        </Verdict>
        <span className="ml-auto">
          <SimulatedBadge />
        </span>
      </div>
      <p className="max-w-3xl text-ink-2">
        Faults, trials and replays happen in a world that is computed from a seed. Its metrics, events and
        bills reach the console the way real ones do, so practising here exercises everything.
      </p>
      <Tabs
        label="Simulation"
        value={tab}
        onChange={id => void setTab(tabs.find(t => t === id) ?? 'faults')}
        tabs={[
          { id: 'faults', label: 'Faults', content: <FaultsTab faults={faults.data} /> },
          { id: 'game-days', label: 'Game days', content: <GameDaysTab /> },
          { id: 'scorecards', label: 'Scorecards', content: <RunsTab /> },
          { id: 'canaries', label: 'Canaries', content: <CanaryTab /> },
          { id: 'replay', label: 'Replay', content: <ReplayTab /> },
        ]}
      />
    </>
  );
}
