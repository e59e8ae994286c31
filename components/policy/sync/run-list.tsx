import { Time } from '#components/console/time.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import type { SyncState } from '#server/policy/sync/schema.ts';

/** Newest first. Bars of what disagreed at each look, the table beneath says the same. */
export function RunList({ runs }: { runs: SyncState['runs'] }) {
  const most = Math.max(1, ...runs.map(run => run.discrepancies));
  const inOrder = runs.toReversed();
  return (
    <div className="grid gap-3 p-3.5">
      {runs.some(run => run.discrepancies > 0) ? (
        <div className="flex h-14 items-end gap-0.5" aria-hidden>
          {inOrder.map(run => (
            <span
              key={run.at}
              className={`min-w-1 max-w-4 flex-1 rounded-sm ${run.discrepancies > 0 ? 'bg-watch' : 'bg-ok'}`}
              style={{ height: `${Math.max(6, (run.discrepancies / most) * 100)}%` }}
            />
          ))}
        </div>
      ) : null}
      <ScrollArea label="Runs" className="max-h-96 rounded-md border">
        <table className="w-full min-w-[34rem] text-left text-sm">
          <thead className="sticky top-0 bg-surface text-ink-3">
            <tr>
              {['When', 'Relays', 'Policies', 'Open', 'New', 'Mended', 'Taken back'].map(head => (
                <th key={head} scope="col" className="px-3 py-1.5 font-medium">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y border-t">
            {runs.map(run => (
              <tr key={run.at}>
                <td className="px-3 py-1.5">
                  <Time at={run.at} />
                </td>
                {[run.relays, run.policies, run.discrepancies, run.opened, run.resolved].map((value, i) => (
                  <td key={String(i)} className="num px-3 py-1.5">
                    {value}
                  </td>
                ))}
                <td className="px-3 py-1.5">{run.rolledBack ?? 'nothing'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </div>
  );
}
