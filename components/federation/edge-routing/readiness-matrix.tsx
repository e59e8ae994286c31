import Link from 'next/link';
import { useEffect, useRef } from 'react';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { Card } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import type { Readiness, ReadinessRow } from '#server/federation/edge-routing/schema.ts';

const tones: Record<ReadinessRow['result'], Tone> = {
  ready: 'ok',
  'not-ready': 'bad',
  unknown: 'watch',
  'not-connected': 'watch',
  note: 'idle',
};
const words: Record<ReadinessRow['result'], string> = {
  ready: 'ready',
  'not-ready': 'not ready',
  unknown: 'unknown',
  'not-connected': 'not connected',
  note: 'note',
};

/** Only `ready` is ready; the others differ in what has to be done. */
const sentences: Record<Readiness['state'], string> = {
  ready: 'Every row is ready.',
  'not-connected':
    'Nothing that is seen keeps it. What is not connected nobody has looked at: it is not ready until somebody did.',
  unknown: 'Nothing that is seen fails, but something is not known: it is not ready until it is.',
  'not-ready': 'At least one row fails.',
};

/** From left to top: whether the one could take over from the other now. Where nothing flows there is nothing to ask. */
export function ReadinessMatrix({
  matrix,
  chosen,
  onChoose,
}: {
  matrix: Readiness[];
  chosen: string | null;
  onChoose: (pair: string) => void;
}) {
  const regions = [...new Set(matrix.flatMap(m => [m.from, m.to]))].sort();
  const pressed = useRef<HTMLButtonElement>(null);
  // Wider than a phone: the pair that the rows below speak of is the one that has to be seen. Only sideways.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another pair is another button.
  useEffect(() => {
    const area = pressed.current?.closest('section');
    const cell = pressed.current?.closest('td');
    if (area && cell) area.scrollLeft = cell.offsetLeft - (area.clientWidth - cell.offsetWidth) / 2;
  }, [chosen]);
  return (
    <Card title="Readiness, from row to column">
      <ScrollArea label="Readiness matrix" className="my-3.5">
        <table className="min-w-[30rem] text-left">
          <thead className="text-ink-3 text-sm">
            <tr>
              <th scope="col" className="sticky left-0 z-10 bg-surface py-1.5 pr-2 pl-3.5 font-medium">
                From
              </th>
              {regions.map(region => (
                <th key={region} scope="col" className="px-2 py-1.5 font-medium">
                  {region}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y border-t">
            {regions.map(from => (
              <tr key={from}>
                <th scope="row" className="sticky left-0 z-10 bg-surface py-2 pr-2 pl-3.5 font-medium">
                  {from}
                </th>
                {regions.map(to => {
                  const cell = matrix.find(m => m.from === from && m.to === to);
                  const pair = `${from}.${to}`;
                  return (
                    <td key={to} className="px-2 py-2">
                      {cell ? (
                        <button
                          ref={pair === chosen ? pressed : null}
                          type="button"
                          aria-pressed={pair === chosen}
                          aria-label={`${from} to ${to}: ${words[cell.state]}`}
                          onClick={() => onChoose(pair)}
                          className={cn(
                            'rounded-md border px-1.5 py-1',
                            pair === chosen ? 'border-ink' : 'border-transparent',
                          )}
                        >
                          <Pill tone={tones[cell.state]}>{words[cell.state]}</Pill>
                        </button>
                      ) : (
                        <span className="text-ink-3">{from === to ? '' : 'no stream'}</span>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </Card>
  );
}

export function ReadinessRows({ readiness }: { readiness: Readiness }) {
  return (
    <Card
      title={`Can ${readiness.from} fail over to ${readiness.to}?`}
      end={readiness.simulated ? <SimulatedBadge /> : null}
    >
      <p className="px-3.5 pt-1 text-ink-2">{sentences[readiness.state]}</p>
      <ul className="mt-2 divide-y border-t" aria-label="What the verdict stands on">
        {readiness.rows.map(row => (
          <li
            key={`${row.id} ${row.title} ${row.found}`}
            className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2"
          >
            <Pill tone={tones[row.result]}>{words[row.result]}</Pill>
            <span className="font-medium">
              {row.href ? (
                <Link className="link" href={row.href}>
                  {row.title}
                </Link>
              ) : (
                row.title
              )}
            </span>
            <span className="text-ink-2">{row.found}</span>
            {row.mend ? <span className="basis-full text-ink-2 text-sm">{row.mend}</span> : null}
          </li>
        ))}
      </ul>
    </Card>
  );
}
