'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { fieldErrors, messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Field, Input } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import { Figures } from './figures.tsx';
import { money } from './money.ts';

export function FilesView() {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.costs.imports.queryOptions());
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <ImportCard />
      <ExportCard />
      <Card title="Imports">
        {!data ? (
          <Skeleton className="m-3.5 h-24" />
        ) : data.rows.length === 0 ? (
          <EmptyState title="Nothing was brought in yet">
            Each file stands here with what it added.
          </EmptyState>
        ) : (
          <Figures
            label="Imports"
            head={['From', 'Charges', 'New', 'Billed', 'Stated', 'Months', 'When']}
            rows={data.rows.map(row => ({
              id: row.id,
              cells: [
                <span key="source" className="inline-flex items-center gap-2">
                  {row.source} {row.simulated ? <SimulatedBadge /> : null}
                </span>,
                row.rows,
                row.added,
                money(row.billedTotal, row.currency),
                row.statedTotal === null ? 'not said' : money(row.statedTotal, row.currency),
                row.firstMonth === row.lastMonth ? row.firstMonth : `${row.firstMonth} to ${row.lastMonth}`,
                <Time key="at" at={row.at} />,
              ],
            }))}
          />
        )}
      </Card>
    </div>
  );
}

function ImportCard() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('cost:import');
  const bring = useMutation(trpc.costs.import.mutationOptions());
  const [stated, setStated] = useState('');
  const [file, setFile] = useState<File | null>(null);
  const [faults, setFaults] = useState<[string, string][]>([]);
  const send = async () => {
    if (!file) return;
    setFaults([]);
    try {
      const done = await bring.mutateAsync({
        format: /\.(json|jsonl|ndjson)$/i.test(file.name) ? 'json' : 'csv',
        text: await file.text(),
        source: file.name.slice(0, 120),
        ...(stated.trim() ? { statedTotal: stated.trim() } : {}),
      });
      await queries.invalidateQueries({ queryKey: trpc.costs.pathKey() });
      toast.success(
        done.added === 0 ? 'All of it was here already.' : `${done.added} of ${done.rows} charges are new.`,
      );
    } catch (failed) {
      const found = Object.entries(fieldErrors(failed));
      setFaults(found.length > 0 ? found : [['File', messageOf(failed)]]);
    }
  };
  return (
    <Card title="Bring in a bill">
      <div className="grid gap-3 p-3.5 md:max-w-xl">
        <p className="text-ink-2">
          CSV or JSON in FOCUS columns, at most 1 MB at once. One bad line keeps all of it out, and every bad
          line is named; the same file twice adds nothing.
        </p>
        <Field label="File">
          {control => (
            <Input
              {...control}
              type="file"
              accept=".csv,.json,.jsonl,.ndjson"
              className="h-auto py-1.5"
              onChange={e => setFile(e.target.files?.[0] ?? null)}
            />
          )}
        </Field>
        <Field label="Total on the invoice" hint="Left empty, no drift can be shown.">
          {control => (
            <Input
              {...control}
              value={stated}
              inputMode="decimal"
              onChange={e => setStated(e.target.value)}
            />
          )}
        </Field>
        {faults.length > 0 ? (
          <div role="alert" className="max-h-48 overflow-auto text-bad text-sm">
            <ul>
              {faults.map(([at, message]) => (
                <li key={at}>
                  {at}: {message}
                </li>
              ))}
            </ul>
          </div>
        ) : null}
        <Button
          kind="primary"
          className="justify-self-start"
          busy={bring.isPending}
          why={why ?? (file ? null : 'Choose a file first.')}
          onClick={() => void send()}
        >
          Bring in
        </Button>
      </div>
    </Card>
  );
}

function ExportCard() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const { data } = useQuery(trpc.costs.allocation.queryOptions({}));
  const [busy, setBusy] = useState(false);
  const take = async (month: string, format: 'csv' | 'json') => {
    setBusy(true);
    try {
      const out = await client.costs.export.query({ month, format });
      const url = URL.createObjectURL(
        new Blob([out.text], { type: format === 'csv' ? 'text/csv' : 'application/json' }),
      );
      const link = document.createElement('a');
      link.href = url;
      link.download = out.fileName;
      link.click();
      URL.revokeObjectURL(url);
      if (!out.complete)
        toast.warning(`Only the first ${out.rows} charges: take one tenant at a time over REST.`);
    } catch (failed) {
      toast.error(messageOf(failed));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title="Take a month away">
      <ul className="grid gap-2 p-3.5">
        {(data?.months ?? []).slice(0, 12).map(month => (
          <li key={month} className="flex items-center gap-2">
            <span className="num w-20">{month}</span>
            <Button size="sm" busy={busy} onClick={() => void take(month, 'csv')}>
              CSV
            </Button>
            <Button size="sm" busy={busy} onClick={() => void take(month, 'json')}>
              JSON
            </Button>
          </li>
        ))}
        {data?.months.length === 0 ? <li className="text-ink-2">There is no charge yet.</li> : null}
      </ul>
    </Card>
  );
}
