'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Download, Play } from 'lucide-react';
import { useQueryState } from 'nuqs';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf, problemIn } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import { Pill } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
import type { AuditList } from '#server/policy/auditor/schema.ts';
import { AuditFacts, auditSentence } from './audit-head.tsx';
import { CellTable } from './cell-table.tsx';
import { Findings } from './findings.tsx';
import { stateTone, stateWord } from './words.ts';

const ledger = '/governance/ledger';
const everySecond = 30_000;

/** Audits of the edge: how things stand, each relay against P1 to P7, and every finding with its entry. */
export function AuditsPage() {
  const trpc = useTRPC();
  const [id, setId] = useQueryState('audit', { defaultValue: 'latest' });
  const audit = useQuery({ ...trpc.edgeAudits.get.queryOptions({ id }), refetchInterval: everySecond });
  const list = useQuery({ ...trpc.edgeAudits.list.queryOptions({}), refetchInterval: everySecond });
  const none = problemIn(audit.error)?.kind === 'not_found';
  const { data } = audit;
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <div className="grid gap-1">
          {data || none ? (
            <Verdict>{auditSentence(data ?? null, data?.state ?? 'none')}</Verdict>
          ) : (
            <Verdict>Reading the last audit …</Verdict>
          )}
          {data ? <AuditFacts audit={data} ledger={ledger} /> : null}
        </div>
        <div className="ml-auto flex flex-wrap gap-2">
          {data ? (
            <a
              href={`/api/edge-audits/${data.id}`}
              download
              className="inline-flex h-8 items-center gap-1.5 whitespace-nowrap rounded-md border border-line-strong bg-surface px-3 font-medium hover:bg-sunken"
            >
              <Download className="size-4" /> OpenReports
            </a>
          ) : null}
          <RunNow onDone={() => void setId(null)} />
        </div>
      </div>
      {audit.error && !none ? (
        <ErrorState title="The audit could not be read">{messageOf(audit.error)}</ErrorState>
      ) : null}
      {none ? (
        <EmptyState title="No audit yet">
          One runs every ten minutes by itself. It verifies what each relay and each active policy says anew,
          from the stored bytes.
        </EmptyState>
      ) : null}
      {audit.isPending ? <Skeleton className="h-60" /> : null}
      {data ? (
        <>
          <Card
            title="Edge nodes"
            end={data.simulated ? <SimulatedBadge /> : `${data.relayMatrix.length} relays`}
          >
            {data.relayMatrix.length === 0 ? (
              <EmptyState title="No relay has joined yet" />
            ) : (
              <CellTable
                label="P1 to P7 of each relay"
                head="Relay"
                rows={data.relayMatrix.map(row => ({
                  id: row.subject,
                  label: row.subject,
                  cells: row.cells,
                  ...(row.region ? { end: row.region } : {}),
                }))}
              />
            )}
          </Card>
          <Findings findings={data.results} ledger={ledger} />
        </>
      ) : null}
      {list.data && list.data.rows.length > 0 ? (
        <AuditHistory list={list.data} chosen={data?.id ?? null} onChoose={next => void setId(next)} />
      ) : null}
    </>
  );
}

function RunNow({ onDone }: { onDone: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('edgeaudit:run');
  const run = useMutation(
    trpc.edgeAudits.run.mutationOptions({
      onSuccess: async made => {
        onDone();
        await queries.invalidateQueries({ queryKey: trpc.edgeAudits.pathKey() });
        toast.success(`Audited: ${made.findings} findings, ${made.failed} failed`);
      },
      onError: error => toast.error(messageOf(error)),
    }),
  );
  return (
    <Button kind="primary" why={why} busy={run.isPending} onClick={() => run.mutate({})}>
      <Play className="size-4" /> Audit now
    </Button>
  );
}

export function AuditHistory({
  list,
  chosen,
  onChoose,
}: {
  list: AuditList;
  chosen: string | null;
  onChoose?: (id: string) => void;
}) {
  return (
    <Card title="Audits" end={`the last ${list.rows.length}`}>
      <ul className="mt-2 divide-y border-t">
        {list.rows.map(row => {
          const line = (
            <>
              <Pill tone={stateTone[row.state]}>{stateWord[row.state]}</Pill>
              <Time at={row.at} />
              <span className="text-ink-2">{row.trigger === 'schedule' ? 'on schedule' : 'on demand'}</span>
              <span className="num ml-auto text-ink-2">
                {row.findings} findings, {row.failed} failed, {row.blocked} not proved
              </span>
            </>
          );
          const look = cn(
            'flex w-full flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2 text-left',
            row.id === chosen && 'bg-sunken',
          );
          return (
            <li key={row.id}>
              {onChoose ? (
                <button
                  type="button"
                  aria-current={row.id === chosen}
                  className={cn(look, 'hover:bg-sunken')}
                  onClick={() => onChoose(row.id)}
                >
                  {line}
                </button>
              ) : (
                <div className={look}>{line}</div>
              )}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
