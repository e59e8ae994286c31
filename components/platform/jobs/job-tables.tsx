import type { ReactNode } from 'react';
import { Time } from '#components/console/time.tsx';
import { Card } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import type { DeclaredJob, QueueRow } from '#server/platform/jobs/schema.ts';

function Columns({ titles, children }: { titles: string[]; children: ReactNode }) {
  return (
    <table className="num w-full text-left">
      <thead className="text-ink-2 text-sm">
        <tr>
          {titles.map(title => (
            <th key={title} scope="col" className="px-3.5 py-2 font-normal">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

function Cell({ bad = false, children }: { bad?: boolean; children: ReactNode }) {
  return <td className={cn('px-3.5 py-2', bad && 'text-bad')}>{children}</td>;
}

/** Everything the workers can run; what has no schedule is asked for by the systems. */
export function Schedules({ rows }: { rows: DeclaredJob[] }) {
  if (rows.length === 0)
    return <Card className="px-3.5 py-8 text-center text-ink-2">No worker has announced its jobs yet.</Card>;
  return (
    <Card className="overflow-x-auto">
      <Columns
        titles={[
          'Job',
          'Schedule (UTC)',
          'Last started',
          'Next',
          'Ended well, last hour',
          'Failed',
          'Mean time',
        ]}
      >
        {rows.map(row => (
          <tr key={row.name} className="border-t">
            <Cell>
              <span className="font-medium">{row.title}</span>
              <code className="block font-mono text-ink-3 text-sm">{row.name}</code>
            </Cell>
            <Cell>
              {row.schedule ? <code className="font-mono text-sm">{row.schedule}</code> : 'on demand'}
            </Cell>
            <Cell>{row.schedule ? <Time at={row.lastAt} /> : ''}</Cell>
            <Cell>{row.nextAt ? <Time at={row.nextAt} /> : ''}</Cell>
            <Cell>{row.ok}</Cell>
            <Cell bad={row.failed > 0}>{row.failed}</Cell>
            <Cell>{row.meanMs === null ? 'not run' : `${row.meanMs} ms`}</Cell>
          </tr>
        ))}
      </Columns>
    </Card>
  );
}

export function Queues({ rows }: { rows: QueueRow[] }) {
  if (rows.length === 0)
    return <Card className="px-3.5 py-8 text-center text-ink-2">All queues are empty.</Card>;
  return (
    <Card className="overflow-x-auto">
      <Columns titles={['Queue', 'Running', 'Waiting', 'Oldest waiting due', 'Failed for good']}>
        {rows.map(row => (
          <tr key={row.name ?? ''} className="border-t">
            <Cell>{row.name ?? 'no queue: side by side'}</Cell>
            <Cell>{row.running}</Cell>
            <Cell>{row.waiting}</Cell>
            <Cell>{row.oldestWaitingAt ? <Time at={row.oldestWaitingAt} /> : 'none'}</Cell>
            <Cell bad={row.failed > 0}>{row.failed}</Cell>
          </tr>
        ))}
      </Columns>
    </Card>
  );
}
