'use client';

import { useQuery } from '@tanstack/react-query';
import { TimeSeries } from '#components/console/charts/lazy.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { AskButton } from '#components/governance/reasoner/ask-button.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import { Pill } from '#components/ui/pill.tsx';
import { dimensions, eventsPerSeverity, levelOf } from '#server/governance/risk/schema/terms.ts';
import type { Level, RiskVector } from '#server/governance/risk/schema.ts';
import { dimensionWord, levelTone, levelWord, percent } from './words.ts';

const bars: Record<Level, string> = { low: 'bg-ok', med: 'bg-watch', high: 'bg-bad', critical: 'bg-bad' };

/** One tenant: the five numbers of now, what they are made of, how they came about, and its services. */
export function TenantRisk({ tenantId, service }: { tenantId: string; service: string | null }) {
  const trpc = useTRPC();
  const ask = service === null ? {} : { service };
  const risk = useQuery({
    ...trpc.risks.latest.queryOptions({ tenant_id: tenantId, ...ask }),
    refetchInterval: 5000,
  });
  const history = useQuery(trpc.risks.history.queryOptions({ tenantId, ...ask, hours: 24 }));
  if (risk.error) return <ErrorState title="The risk could not be read">{messageOf(risk.error)}</ErrorState>;
  if (!risk.data) return <Skeleton className="h-60" />;
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Vector risk={risk.data} />
      <Card title="Last day" end="the worst of the five">
        <div className="p-3.5">
          {history.error ? (
            <ErrorState title="The history could not be read">{messageOf(history.error)}</ErrorState>
          ) : history.data ? (
            <TimeSeries
              title={service ?? tenantId}
              unit="of 100"
              points={history.data.points.map(point => ({
                at: point.at,
                value: Math.max(...dimensions.map(dimension => point[dimension])),
              }))}
            />
          ) : (
            <Skeleton className="h-52" />
          )}
        </div>
      </Card>
      <Contributions risk={risk.data} />
      <Services tenantId={tenantId} />
    </div>
  );
}

function Vector({ risk }: { risk: RiskVector }) {
  return (
    <Card
      title={risk.service ?? risk.tenantId}
      end={
        <span className="flex flex-wrap items-center justify-end gap-2">
          {risk.simulated ? <SimulatedBadge /> : null}
          <Pill tone={levelTone[risk.level]}>{levelWord[risk.level]}</Pill>
        </span>
      }
    >
      <ul className="grid gap-2 p-3.5">
        {dimensions.map(dimension => (
          <li key={dimension} className="grid grid-cols-[7rem_1fr_3rem] items-center gap-2">
            <span>{dimensionWord[dimension]}</span>
            <span aria-hidden className="h-2 overflow-hidden rounded-full bg-sunken">
              <span
                className={cn('block h-full rounded-full', bars[levelOf(risk.scores[dimension])])}
                style={{ width: `${risk.scores[dimension]}%` }}
              />
            </span>
            <span className="num text-right">{risk.scores[dimension]}</span>
          </li>
        ))}
      </ul>
      <p className="px-3.5 pb-3.5 text-ink-2 text-sm">
        {risk.probability === null
          ? 'No probability yet: the scores have not been calibrated.'
          : `Probability that something is really wrong: ${percent(risk.probability)}.`}{' '}
        Scored <Time at={risk.at} />
        {risk.stale
          ? `; that is longer ago than ${risk.staleAfterSeconds} s, so it says what was, not what is.`
          : '.'}
      </p>
      {risk.cut.length === 0 ? null : (
        <p className="px-3.5 pb-3.5 text-sm text-watch">
          More than {eventsPerSeverity} events of severity {risk.cut.join(' and ')} came within the window;
          the score is made of the newest {eventsPerSeverity} of {risk.cut.length === 1 ? 'it' : 'each'}.
        </p>
      )}
      <div className="px-3.5 pb-3.5">
        <AskButton tenantId={risk.tenantId} service={risk.service} />
      </div>
    </Card>
  );
}

function Contributions({ risk }: { risk: RiskVector }) {
  return (
    <Card title="What it is made of" end={`${risk.contributions.length} reasons`}>
      {risk.contributions.length === 0 ? (
        <EmptyState title="Nothing speaks against it">
          No rule holds and no series is unlike its past.
        </EmptyState>
      ) : (
        <ul className="mt-2 divide-y border-t">
          {risk.contributions.map(reason => (
            <li key={`${reason.feature} ${reason.title}`} className="grid gap-1 px-3.5 py-2">
              <div className="flex flex-wrap items-baseline gap-x-3">
                <span className="font-medium">{reason.title}</span>
                <span className="num ml-auto whitespace-nowrap text-ink-2">
                  {reason.weight} of 100, {dimensionWord[reason.dimension].toLowerCase()}
                </span>
              </div>
              <p className="font-mono text-ink-2 text-xs [overflow-wrap:anywhere]">
                {reason.feature}, measured {reason.value}
                {reason.eventIds.length > 0 ? `; events ${reason.eventIds.slice(0, 3).join(', ')}` : ''}
                {reason.eventIds.length > 3 ? ` and ${reason.eventIds.length - 3} more` : ''}
              </p>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Services({ tenantId }: { tenantId: string }) {
  const trpc = useTRPC();
  const { data, error } = useQuery(trpc.risks.services.queryOptions({ tenantId }));
  if (error) return <ErrorState title="The services could not be read">{messageOf(error)}</ErrorState>;
  return (
    <Card title="Services" end="those that were ever remarkable today">
      {!data ? (
        <Skeleton className="m-3.5 h-24" />
      ) : data.rows.length === 0 ? (
        <EmptyState title="No service was remarkable today" />
      ) : (
        <ul className="mt-2 divide-y border-t">
          {data.rows
            .toSorted((a, b) => b.overall - a.overall)
            .map(row => (
              <li key={row.service} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2">
                <a
                  className="link min-w-0 truncate font-medium"
                  href={`/governance/risk?tenant=${encodeURIComponent(tenantId)}&service=${encodeURIComponent(row.service ?? '')}`}
                >
                  {row.service}
                </a>
                <Pill tone={row.stale ? 'idle' : levelTone[row.level]}>
                  {row.stale ? `was ${levelWord[row.level].toLowerCase()}` : levelWord[row.level]}
                </Pill>
                <span className="num ml-auto text-ink-2">{row.overall} of 100</span>
                <Time at={row.at} />
              </li>
            ))}
        </ul>
      )}
    </Card>
  );
}
