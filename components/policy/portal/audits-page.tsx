'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { ErrorState } from '#components/console/states.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Tabs } from '#components/ui/tabs.tsx';
import type { MatrixRow } from '#server/policy/auditor/schema.ts';
import type { PortalAudits } from '#server/policy/portal/schema.ts';
import { AuditFacts, auditSentence } from '../auditor/audit-head.tsx';
import { AuditHistory } from '../auditor/audits-page.tsx';
import { CellTable } from '../auditor/cell-table.tsx';
import { Findings } from '../auditor/findings.tsx';
import { phaseWords } from './phase-words.ts';

const ledger = '/portal/entries';
const views = ['phase', 'region', 'relay'] as const;

/** The audits as an auditor sees them: P1 to P7 by phase, region and relay, and every finding with its proof. */
export function PortalAuditsPage() {
  const trpc = useTRPC();
  const { data, error } = useQuery({ ...trpc.portal.audits.queryOptions({}), refetchInterval: 30_000 });
  if (error) return <ErrorState title="The audits could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-60" />;
  const { latest, list } = data;
  return (
    <>
      <div className="grid gap-1">
        <Verdict>{auditSentence(latest, list.state)}</Verdict>
        {latest ? <AuditFacts audit={latest} ledger={ledger} /> : null}
      </div>
      <Matrices data={data} />
      {latest ? <Findings findings={latest.results} ledger={ledger} /> : null}
      {list.rows.length > 0 ? <AuditHistory list={list} chosen={latest?.id ?? null} /> : null}
    </>
  );
}

const rowsOf = (rows: readonly MatrixRow[]) =>
  rows.map(row => ({ id: row.subject, label: row.subject, cells: row.cells }));

function Matrices({ data: { latest, phases } }: { data: PortalAudits }) {
  const [view, setView] = useQueryState('by', parseAsStringLiteral(views).withDefault('phase'));
  const tables = {
    phase: phases.map(({ phase, cells }) => ({ id: phase, label: phaseWords[phase], end: phase, cells })),
    region: rowsOf(latest?.regionMatrix ?? []),
    relay: rowsOf(latest?.relayMatrix ?? []),
  };
  const words = { phase: 'Phase', region: 'Region', relay: 'Relay' };
  return (
    <Card title="P1 to P7" className="pb-1">
      <div className="px-3.5">
        <Tabs
          label="By what"
          value={view}
          onChange={id => void setView(id as (typeof views)[number])}
          tabs={views.map(id => ({
            id,
            label: `By ${id}`,
            content: (
              <div className="-mx-3.5">
                {tables[id].length === 0 ? (
                  <p className="px-3.5 pb-3 text-ink-2">No relay was audited yet.</p>
                ) : (
                  <CellTable label={`P1 to P7 by ${id}`} head={words[id]} rows={tables[id]} />
                )}
              </div>
            ),
          }))}
        />
      </div>
    </Card>
  );
}
