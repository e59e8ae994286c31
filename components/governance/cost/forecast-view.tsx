'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { TimeSeries } from '#components/console/charts/lazy.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Select } from '#components/ui/input.tsx';
import type { CostForecast } from '#server/governance/cost/schema.ts';
import { Figures } from './figures.tsx';
import { modelTitles, money, percent, signed } from './money.ts';

const horizons = [7, 14, 30, 60, 90];
const round = (value: number) => Math.round(value * 100) / 100;

export function ForecastView({ tenantId }: { tenantId: string }) {
  const trpc = useTRPC();
  const [horizon, setHorizon] = useState(30);
  const { data, error } = useQuery(trpc.costs.forecast.queryOptions({ tenantId, horizon }, { retry: false }));
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <Card
        title={`What ${tenantId} will cost`}
        end={
          <span className="flex items-center gap-2">
            Days ahead
            <Select
              aria-label="Days ahead"
              className="w-20"
              value={horizon}
              onChange={e => setHorizon(Number(e.target.value))}
            >
              {horizons.map(days => (
                <option key={days}>{days}</option>
              ))}
            </Select>
          </span>
        }
      >
        {error ? (
          <ErrorState title="There is no forecast">{messageOf(error)}</ErrorState>
        ) : data ? (
          <>
            <Band forecast={data} />
            {(data.others ?? []).map(({ currency, forecast, why }) =>
              forecast ? (
                <Band key={currency} forecast={forecast} />
              ) : (
                <p key={currency} className="p-3.5 text-ink-2">
                  No forecast of what is billed in {currency}: {why}
                </p>
              ),
            )}
          </>
        ) : (
          <Skeleton className="m-3.5 h-64" />
        )}
      </Card>
      {data ? <Accuracy forecast={data} named={data.others !== undefined} /> : null}
      {(data?.others ?? []).map(({ currency, forecast }) =>
        forecast ? <Accuracy key={currency} forecast={forecast} named /> : null,
      )}
      <Anomalies tenantId={tenantId} />
    </div>
  );
}

type OfCurrency = Omit<CostForecast, 'tenantId' | 'others'>;

function Band({ forecast }: { forecast: OfCurrency }) {
  const { history, points, total, currency } = forecast;
  return (
    <div className="grid gap-2 p-3.5">
      <p className="text-ink-2">
        The next {points.length} days:{' '}
        <strong className="num text-ink">{money(total.value, currency)}</strong>, with four chances in five
        between {money(total.low80, currency)} and {money(total.high80, currency)}. Billed through{' '}
        {forecast.through}.
      </p>
      <TimeSeries
        title={`Cost a day in ${currency}, with the 80 % interval`}
        unit={currency}
        height={260}
        forecastFrom={points[0]?.day ?? ''}
        points={[
          ...history.map(({ day, cost }) => ({ at: day, value: cost === null ? null : round(cost) })),
          ...points.map(p => ({
            at: p.day,
            value: round(p.value),
            low: round(p.low80),
            high: round(p.high80),
          })),
        ]}
      />
    </div>
  );
}

function Accuracy({ forecast, named }: { forecast: OfCurrency; named: boolean }) {
  const { accuracy, tried, model, members } = forecast;
  return (
    <Card
      title={named ? `How good it is in ${forecast.currency}` : 'How good it is'}
      end={`${accuracy.origins} earlier starting days`}
    >
      <p className="px-3.5 py-2 text-ink-2">
        Each model was asked again from earlier days, knowing nothing of what came after; {modelTitles[model]}{' '}
        was least wrong{members.length > 1 ? ` (${members.map(m => modelTitles[m]).join(', ')})` : ''}. MASE
        below 1 is better than repeating the last week.
      </p>
      <Figures
        label={`Accuracy of each model${named ? ` in ${forecast.currency}` : ''}`}
        head={['Model', 'MASE', 'sMAPE', 'Within 80 %', 'Within 95 %']}
        rows={tried.map(t => ({
          id: t.model,
          cells: [
            t.model === model ? <strong key="m">{modelTitles[t.model]}</strong> : modelTitles[t.model],
            t.mase === null ? 'unknown' : t.mase.toFixed(3),
            `${t.smape.toFixed(2)} %`,
            percent(t.coverage80),
            percent(t.coverage95),
          ],
        }))}
      />
    </Card>
  );
}

function Anomalies({ tenantId }: { tenantId: string }) {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.costs.anomalies.queryOptions({ tenantId }));
  if (!data) return <Skeleton className="h-24" />;
  return (
    <Card title="Days unlike the others">
      {data.rows.length === 0 ? (
        <EmptyState title="Every day was as usual">
          A day stands here when it costs far more or less than the two weeks before it.
        </EmptyState>
      ) : (
        <Figures
          label="Anomalies"
          head={['Day', 'Cost', 'Expected', 'First of all because of', 'By quantity', 'By price']}
          rows={data.rows.map(row => ({
            id: `${row.day} ${row.currency}`,
            cells: [
              row.day,
              money(row.cost, row.currency),
              money(row.expected, row.currency),
              row.parts[0] ? `${row.parts[0].service}, ${row.parts[0].what}` : 'unknown',
              signed(row.parts[0]?.byQuantity ?? 0, null),
              signed(row.parts[0]?.byPrice ?? 0, null),
            ],
          }))}
        />
      )}
    </Card>
  );
}
