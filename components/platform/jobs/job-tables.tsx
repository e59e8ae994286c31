import type { ReactNode } from 'react';
import { Time } from '#components/console/time.tsx';
import { Card } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import { Pill } from '#components/ui/pill.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import type { DeclaredJob, LoopRow, QueueRow } from '#server/platform/jobs/schema.ts';

function Columns({ label, titles, children }: { label: string; titles: string[]; children: ReactNode }) {
  return (
    <ScrollArea label={label}>
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
    </ScrollArea>
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
    <Card>
      <Columns
        label="Schedules"
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

const loopTones = { running: 'ok', failing: 'bad', silent: 'watch' } as const;

const pauseWords = (ms: number) => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`);

/** What never ends: each loop is done by one worker at a time, and by the next one when that ends. */
export function Loops({ rows }: { rows: LoopRow[] }) {
  if (rows.length === 0)
    return (
      <Card className="px-3.5 py-8 text-center text-ink-2">
        No worker has said anything of its loops in the last hour.
      </Card>
    );
  return (
    <Card>
      <Columns
        label="Loops"
        titles={['Loop', 'State', 'Looks every', 'Lag', 'Last result', 'Last look', 'Next', 'Done by']}
      >
        {rows.map(row => (
          <tr key={row.name} className="border-t">
            <Cell>
              <span className="font-medium">{row.title}</span>
              <code className="block font-mono text-ink-3 text-sm">{row.name}</code>
            </Cell>
            <Cell>
              <Pill tone={loopTones[row.state]}>{row.state}</Pill>
            </Cell>
            <Cell>{pauseWords(row.idleMs)}</Cell>
            <Cell bad={row.lagMs === null || row.lagMs > 0}>
              {row.lagMs === null
                ? 'never done'
                : row.lagMs > 0
                  ? pauseWords(Math.round(row.lagMs / 1000) * 1000)
                  : 'none'}
            </Cell>
            <Cell bad={row.failures > 0}>
              {row.failures > 0 ? (
                `${row.lastError ?? 'failed'} (${row.failures} in a row)`
              ) : (
                <LastResult row={row} />
              )}
            </Cell>
            <Cell>
              <Time at={row.okAt} />
            </Cell>
            <Cell>{row.nextAt ? <Time at={row.nextAt} /> : 'not known'}</Cell>
            <Cell>
              {row.holder === null ? 'nobody' : <code className="font-mono text-sm">{row.holder}</code>}
              {row.workers > 1 ? (
                <span className="block text-ink-3 text-sm">of {row.workers} workers</span>
              ) : null}
            </Cell>
          </tr>
        ))}
      </Columns>
    </Card>
  );
}

function LastResult({ row }: { row: LoopRow }) {
  const worked =
    row.workedAt === null ? null : (
      <>
        {row.done} done <Time at={row.workedAt} />
      </>
    );
  return (
    <>
      {row.said}
      {row.said !== null && worked ? '; ' : null}
      {worked ?? (row.said === null ? 'nothing to do so far' : null)}
      {row.okAt === null ? null : `, ${row.tookMs} ms a look`}
    </>
  );
}

export function Queues({ rows }: { rows: QueueRow[] }) {
  if (rows.length === 0)
    return <Card className="px-3.5 py-8 text-center text-ink-2">All queues are empty.</Card>;
  return (
    <Card>
      <Columns
        label="Queues"
        titles={['Queue', 'Running', 'Waiting', 'Oldest waiting due', 'Failed for good']}
      >
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
