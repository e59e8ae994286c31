import { Pill } from '#components/ui/pill.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import type { Scorecard } from '#server/governance/simulation/schema/judgement.ts';
import { figure, verdictTone, verdictWord } from './words.ts';

/** Each metric beside what it was compared with, and the tests behind the word. */
export function ScorecardView({ card }: { card: Scorecard }) {
  return (
    <div className="grid grid-cols-1 gap-3">
      <p className="flex flex-wrap items-center gap-2">
        <Pill tone={verdictTone[card.verdict]}>{verdictWord[card.verdict]}</Pill>
        <span className="num font-medium">{card.score === null ? 'no score' : `score ${card.score}`}</span>
        <span className="text-ink-2">{card.reason}</span>
      </p>
      <ScrollArea label="Metrics" className="rounded-md border">
        <table className="w-full min-w-[38rem] text-left text-sm">
          <thead className="text-ink-3">
            <tr>
              {['Metric', 'Verdict', 'Baseline', 'Canary', 'Why', 'Adjusted p'].map(head => (
                <th key={head} scope="col" className="px-3 py-1.5 font-medium">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y border-t">
            {card.metrics.map(m => (
              <tr key={m.name}>
                <td className="px-3 py-1.5 font-mono text-xs">{m.name}</td>
                <td className="px-3 py-1.5">
                  <Pill tone={verdictTone[m.verdict]}>{verdictWord[m.verdict]}</Pill>
                </td>
                {[m.baseline, m.canary].map((side, i) => (
                  <td key={i === 0 ? 'baseline' : 'canary'} className="num whitespace-nowrap px-3 py-1.5">
                    {side ? `${figure(side.median)} ± ${figure(side.spread)} (${side.n})` : 'nothing usable'}
                  </td>
                ))}
                <td className="px-3 py-1.5 text-ink-2">{m.reason}</td>
                <td className="num whitespace-nowrap px-3 py-1.5">
                  {m.tests.length === 0
                    ? 'not tested'
                    : m.tests
                        .map(t => `${t.kind} ${t.adjusted < 0.001 ? '< 0.001' : t.adjusted.toFixed(3)}`)
                        .join(', ')}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </div>
  );
}
