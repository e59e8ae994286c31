import { EmptyState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import type { ReplayCase, ReplayResult } from '#server/governance/simulation/schema/replay.ts';
import { figure, percent } from './words.ts';

const outcomeTone: Record<ReplayCase['outcome'], Tone> = { save: 'ok', harm: 'bad', false: 'watch' };
const outcomeWord: Record<ReplayCase['outcome'], string> = {
  save: 'would have helped',
  harm: 'would have done harm',
  false: 'would have changed nothing',
};
const decisionWord: Record<ReplayCase['decision'], string> = {
  allow: 'without a person',
  approve: 'asked first',
  deny: 'denied',
};

export function ReplayView({ result }: { result: ReplayResult }) {
  const rows = [{ action: 'All', ...result.total }, ...result.byAction];
  return (
    <div className="grid grid-cols-1 gap-4">
      <p className="text-ink-2">
        Of {result.total.cases} signs in this history {result.total.acted} would have been acted on without a
        person.
      </p>
      <ScrollArea label="By action" className="rounded-md border">
        <table className="w-full min-w-[40rem] text-left text-sm">
          <thead className="text-ink-3">
            <tr>
              {[
                'Action',
                'Acted',
                'Asked',
                'Denied',
                'Helped',
                'Nothing',
                'Harm',
                'Up to',
                'Minutes saved',
                'Cost',
              ].map(head => (
                <th key={head} scope="col" className="px-3 py-1.5 font-medium">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y border-t">
            {rows.map(row => (
              <tr key={row.action}>
                <td className="px-3 py-1.5">{row.action}</td>
                {[
                  row.acted,
                  row.asked,
                  row.denied,
                  row.saved,
                  row.falseActions,
                  `${row.harmed} (${percent(row.harmRate)})`,
                  percent(row.harmUpper),
                  figure(row.savedMinutes),
                  `${figure(row.costEur)} EUR`,
                ].map((value, i) => (
                  <td key={String(i)} className="num whitespace-nowrap px-3 py-1.5">
                    {value}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
      {result.cases.length === 0 ? (
        <EmptyState title="Nothing to act on">No sign in this history lasted long enough.</EmptyState>
      ) : (
        <ScrollArea label="Cases" className="max-h-96 rounded-md border">
          <ul className="divide-y">
            {result.cases.slice(0, 200).map(c => (
              <li key={`${c.service} ${c.at}`} className="grid gap-1 px-3 py-2">
                <span className="flex flex-wrap items-center gap-2">
                  <Pill tone={outcomeTone[c.outcome]}>{outcomeWord[c.outcome]}</Pill>
                  <span className="font-mono text-sm">{c.service}</span>
                  <span className="text-ink-2 text-sm">{decisionWord[c.decision]}</span>
                  <span className="ml-auto text-ink-3 text-sm">
                    <Time at={c.at} />
                  </span>
                </span>
                <span className="text-ink-2 text-sm">
                  {c.said}. Bad minutes {c.badMinutesBefore} → {c.badMinutesAfter}; cause:{' '}
                  {c.cause ?? 'none known'}.
                </span>
              </li>
            ))}
          </ul>
        </ScrollArea>
      )}
    </div>
  );
}
