'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import { toast } from '#components/ui/toast.ts';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';

/** What lies in the folder, and whether it is what was signed. */
export function FilesCard() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const files = useQuery(trpc.reports.files.queryOptions());
  const verified = useQuery(trpc.reports.verify.queryOptions());
  const [shown, setShown] = useState<string | null>(null);
  const problems = new Map(verified.data?.findings.map(f => [f.file, f.problem]) ?? []);
  const gone = [...problems].filter(([name]) => !files.data?.rows.some(f => f.name === name));
  const download = async (name: string) => {
    try {
      const { text } = await queries.fetchQuery(trpc.reports.file.queryOptions({ name }));
      const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
      Object.assign(document.createElement('a'), { href: url, download: name.replace('/', '_') }).click();
      URL.revokeObjectURL(url);
    } catch (error) {
      toast.error(messageOf(error));
    }
  };
  if (files.error)
    return <ErrorState title="The reports could not be read">{messageOf(files.error)}</ErrorState>;
  if (files.isPending) return <Skeleton className="h-40" />;
  if (files.data.rows.length + gone.length === 0)
    return <EmptyState title="No files yet">A report or a precheck writes them.</EmptyState>;
  return (
    <Card>
      <ul className="divide-y">
        {gone.map(([name, problem]) => (
          <li key={name} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2">
            <span className="break-all font-mono text-sm">{name}</span>
            <Pill tone="bad">{problem}</Pill>
          </li>
        ))}
        {files.data.rows.map(file => (
          <li key={file.name} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2">
            <span className="break-all font-mono text-sm">{file.name}</span>
            {problems.has(file.name) ? <Pill tone="bad">{problems.get(file.name)}</Pill> : null}
            <span className="ml-auto text-ink-3 text-sm">
              {file.bytes} bytes, <Time at={file.modifiedAt} />
            </span>
            <Button size="sm" onClick={() => setShown(file.name)} aria-label={`View ${file.name}`}>
              View
            </Button>
            <Button size="sm" onClick={() => void download(file.name)} aria-label={`Download ${file.name}`}>
              Download
            </Button>
          </li>
        ))}
      </ul>
      <FileDialog name={shown} onClose={() => setShown(null)} />
    </Card>
  );
}

function FileDialog({ name, onClose }: { name: string | null; onClose: () => void }) {
  const trpc = useTRPC();
  const { data, error } = useQuery(
    trpc.reports.file.queryOptions({ name: name ?? '' }, { enabled: name !== null }),
  );
  return (
    <Dialog wide open={name !== null} onOpenChange={open => !open && onClose()} title={name ?? ''}>
      {error ? <p className="text-bad">{messageOf(error)}</p> : null}
      {!data && !error ? <Skeleton className="h-40" /> : null}
      {data ? (
        <ScrollArea label={data.name} className="max-h-[70vh] rounded-md bg-sunken p-3">
          <pre className="whitespace-pre-wrap break-words font-mono text-sm">
            {data.text}
            {data.cut ? '\n… the file is longer.' : ''}
          </pre>
        </ScrollArea>
      ) : null}
    </Dialog>
  );
}
