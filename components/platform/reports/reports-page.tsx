'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { NoPermission } from '#components/console/states.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { Tabs } from '#components/ui/tabs.tsx';
import { phases } from '#server/platform/environment/schema/terms.ts';
import { PhasePanel } from '../environment/phase-panel.tsx';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';
import { BenchCard } from './bench-card.tsx';
import { FilesCard } from './files-card.tsx';
import { RunCard } from './run-card.tsx';
import { RunsTable } from './runs-table.tsx';

export function ReportsPage() {
  const may = useMe().permissions.includes('report:read');
  const [tab, setTab] = useQueryState('tab', parseAsString.withDefault('runs'));
  const [phase, setPhase] = useQueryState('phase', parseAsStringLiteral(phases).withDefault('G.1'));
  if (!may)
    return (
      <NoPermission title="Reports are not visible to you">
        The permission report:read is needed.
      </NoPermission>
    );
  return (
    <>
      <ReportsVerdict />
      <RunCard phase={phase} onPhase={chosen => void setPhase(chosen)} />
      <Tabs
        label="Reports"
        value={tab}
        onChange={id => void setTab(id)}
        tabs={[
          { id: 'runs', label: 'Runs', content: <RunsTable /> },
          { id: 'files', label: 'Files', content: <FilesCard /> },
          { id: 'precheck', label: 'Precheck', content: <PrecheckTab phase={phase} /> },
          { id: 'bench', label: 'Bench', content: <BenchCard /> },
        ]}
      />
    </>
  );
}

function PrecheckTab({ phase }: { phase: (typeof phases)[number] }) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.environment.list.queryOptions());
  const variables = (data?.variables ?? []).filter(v => v.phases.includes(phase));
  return <PhasePanel phase={phase} variables={variables} />;
}

/** First of all whether what lies there can be believed. */
function ReportsVerdict() {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.reports.verify.queryOptions());
  if (!data) return <Verdict>Checking signatures and hashes…</Verdict>;
  const { snapshots, findings } = data;
  if (snapshots.length + findings.length === 0)
    return <Verdict>No phase has been reported yet. Choose one and run its report.</Verdict>;
  const first = findings[0];
  return (
    <Verdict>
      {first ? (
        <Phrase href="/reports?tab=files" tone="bad">
          {`${findings.length} ${findings.length === 1 ? 'file does' : 'files do'} not verify (${first.file})`}
        </Phrase>
      ) : (
        `${snapshots.length} ${snapshots.length === 1 ? 'snapshot verifies' : 'snapshots verify'}, with ${snapshots.reduce((n, s) => n + s.files, 0)} files`
      )}
      .
    </Verdict>
  );
}
