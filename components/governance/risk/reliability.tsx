'use client';

import { useQuery } from '@tanstack/react-query';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import type { CalibrationView } from '#server/governance/risk/schema/calibration.ts';
import { percent } from './words.ts';

type Current = NonNullable<CalibrationView['current']>;

/** Whether probabilities mean what they say: of those that said 30 %, how many came true, on outcomes they were not made from. */
export function Reliability() {
  const trpc = useTRPC();
  const { data, error } = useQuery(trpc.risks.calibration.queryOptions({}));
  if (error) return <ErrorState title="The calibration could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-60" />;
  const { current, earlier } = data;
  if (!current)
    return (
      <EmptyState title="Not calibrated yet">
        In the simulated world it is done once a day, on faults whose times are known exactly. Until then
        scores carry no probability.
      </EmptyState>
    );
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Card title="Reliability diagram" end={<Time at={current.at} />}>
        <div className="p-3.5">
          <Diagram bins={current.bins} />
        </div>
      </Card>
      <Card title="How well it holds" end={`source: ${current.source}`}>
        <dl className="grid grid-cols-2 gap-3 p-3.5">
          <Figure label="Brier score" value={current.brier.toFixed(4)} note="0 is perfect" />
          <Figure
            label="Always saying the base rate"
            value={current.baseline.toFixed(4)}
            note={`would be ${percent(current.rate)} each time`}
          />
          <Figure
            label="Mean distance from the diagonal"
            value={current.error.toFixed(4)}
            note="weighed by count"
          />
          <Figure
            label="Judged on"
            value={current.judged.toLocaleString('en')}
            note={`fitted on ${current.fitted.toLocaleString('en')} others`}
          />
        </dl>
        <table className="w-full text-left">
          <caption className="sr-only">What each feature weighs</caption>
          <thead className="text-ink-2 text-sm">
            <tr>
              <th scope="col" className="px-3.5 font-medium">
                Feature
              </th>
              <th scope="col" className="px-3.5 text-right font-medium">
                Weight
              </th>
            </tr>
          </thead>
          <tbody className="divide-y border-t">
            {current.weights.map(({ feature, weight }) => (
              <tr key={feature}>
                <td className="px-3.5 py-1">{feature}</td>
                <td className="num px-3.5 text-right">{weight.toFixed(2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {earlier.length > 0 ? (
          <p className="px-3.5 py-3 text-ink-2 text-sm">
            Before:{' '}
            {earlier
              .slice(0, 5)
              .map(one => one.brier.toFixed(4))
              .join(', ')}
            .
          </p>
        ) : null}
      </Card>
    </div>
  );
}

function Figure({ label, value, note }: { label: string; value: string; note: string }) {
  return (
    <div>
      <dt className="text-ink-2 text-sm">{label}</dt>
      <dd className="num font-semibold text-lg">{value}</dd>
      <dd className="text-ink-2 text-xs">{note}</dd>
    </div>
  );
}

const side = 240;
const edge = 28;

function Diagram({ bins }: { bins: Current['bins'] }) {
  const most = Math.max(1, ...bins.map(bin => bin.count));
  const filled = bins.filter(bin => bin.count > 0);
  const x = (value: number) => edge + value * side;
  const y = (value: number) => 8 + (1 - value) * side;
  return (
    <figure className="grid gap-2">
      <svg
        viewBox={`0 0 ${side + edge + 12} ${side + edge + 8}`}
        className="mx-auto w-full max-w-sm"
        role="img"
        aria-label={`Reliability diagram: ${filled.map(bin => `said ${percent(bin.said)}, happened ${percent(bin.happened)} of ${bin.count}`).join('; ')}`}
      >
        {[0, 0.25, 0.5, 0.75, 1].map(tick => (
          <g key={tick}>
            <line x1={x(0)} x2={x(1)} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
            <text x={edge - 4} y={y(tick) + 3} textAnchor="end" fontSize="9" fill="var(--ink-2)">
              {tick * 100}
            </text>
            <text x={x(tick)} y={y(0) + 14} textAnchor="middle" fontSize="9" fill="var(--ink-2)">
              {tick * 100}
            </text>
          </g>
        ))}
        <line x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} stroke="var(--line-strong)" strokeDasharray="4 3" />
        <polyline
          points={filled.map(bin => `${x(bin.said)},${y(bin.happened)}`).join(' ')}
          fill="none"
          stroke="var(--accent)"
          strokeWidth="1.5"
        />
        {filled.map(bin => (
          <circle
            key={bin.from}
            cx={x(bin.said)}
            cy={y(bin.happened)}
            r={3 + 5 * Math.sqrt(bin.count / most)}
            fill="var(--accent)"
            fillOpacity="0.6"
          />
        ))}
      </svg>
      <figcaption className="text-ink-2 text-sm">
        Across: the probability that was said, in percent. Up: how often it was so. An honest forecast lies on
        the dashed line; larger points stand for more cases.
      </figcaption>
    </figure>
  );
}
