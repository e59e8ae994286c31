import type { ReactNode } from 'react';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { Time } from '#components/console/time.tsx';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { FailoverStep } from '#server/federation/edge-routing/schema.ts';

const tones: Record<FailoverStep['state'], Tone> = {
  waiting: 'idle',
  running: 'watch',
  done: 'ok',
  skipped: 'idle',
  failed: 'bad',
};

/** The steps of a failover or a move, each with what became of it. */
export function StepList({
  steps,
  label,
  className,
}: {
  steps: readonly (Pick<FailoverStep, 'state' | 'title' | 'said'> & { name: string })[];
  label: string;
  className: string;
}) {
  return (
    <ol className={`grid ${className}`} aria-label={label} aria-live="polite">
      {steps.map(step => (
        <li key={step.name} className="flex flex-wrap items-center gap-x-3">
          <Pill tone={tones[step.state]}>{step.state}</Pill>
          <span>{step.title}</span>
          <span className="text-ink-2 text-sm">{step.said}</span>
        </li>
      ))}
    </ol>
  );
}

interface Run {
  from: string;
  to: string;
  dry: boolean;
  state: FailoverStep['state'];
  simulated: boolean;
  startedAt: string;
}

/** The first line of a failover or a move, which opens the rest of it. */
export function RunHead({
  run,
  open,
  onOpen,
  mark,
  children,
}: {
  run: Run;
  open: boolean;
  onOpen: () => void;
  /** Beside its state. */
  mark?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <button type="button" className="link font-medium" aria-expanded={open} onClick={onOpen}>
        {run.from} to {run.to}
      </button>
      <Pill tone={run.dry ? 'idle' : tones[run.state]}>{run.dry ? 'dry run' : run.state}</Pill>
      {mark}
      {run.simulated ? <SimulatedBadge /> : null}
      {children}
      <span className="ml-auto text-ink-3 text-sm">
        <Time at={run.startedAt} />
      </span>
    </div>
  );
}
