import { DiffView } from '#components/console/diff-view.tsx';
import { Time } from '#components/console/time.tsx';
import { Card } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { canaryWords } from '#server/governance/actions/schema/canary.ts';
import type { ExecutionDetail, StepRow } from '#server/governance/actions/schema.ts';
import { StepMark } from './execution-state.tsx';
import { SecretButton } from './secret-button.tsx';

const show = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** What is done, step by step, as it happens. */
export function ExecutionSteps({ execution }: { execution: ExecutionDetail }) {
  return (
    <Card title="Steps" end={`${execution.stepRows.length}`}>
      <ol className="divide-y">
        {execution.stepRows.map(step => (
          <li
            key={step.n}
            className="grid gap-2 px-3.5 py-3"
            aria-current={step.n === execution.step || undefined}
          >
            <div className="flex flex-wrap items-center gap-2">
              <span className="num text-ink-3">{step.n + 1}</span>
              <span className="font-medium">
                {step.action} {step.target}
              </span>
              <StepMark state={step.state} />
              {step.reversible ? null : <Pill tone="bad">cannot be taken back</Pill>}
              <span className="ml-auto text-ink-3 text-sm">
                by {step.driver}
                {step.orderedAt ? (
                  <>
                    {' '}
                    · ordered <Time at={step.orderedAt} />
                  </>
                ) : null}
              </span>
            </div>
            <Preview step={step} />
            <Canary step={step} />
            <Measured step={step} />
            {step.secret ? <SecretButton id={execution.id} step={step.n} target={step.target} /> : null}
            {step.note ? <p className="text-ink-2 text-sm">{step.note}</p> : null}
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Preview({ step }: { step: StepRow }) {
  const { preview } = step;
  if (!preview) return null;
  const side = (which: 'before' | 'after') =>
    Object.fromEntries(preview.changes.map(change => [change.field, change[which]]));
  return (
    <div className="grid gap-1">
      <p className="text-ink-3 text-sm">Dry run</p>
      <DiffView before={side('before')} after={side('after')} />
      {preview.warnings.map(warning => (
        <p key={warning} className="text-sm text-watch">
          {warning}
        </p>
      ))}
    </div>
  );
}

interface Tried {
  verdict?: string;
  fraction?: number;
  replayedMinutes?: number;
  card?: {
    score?: number | null;
    reason?: string;
    metrics?: { name: string; verdict: string; reason: string }[];
  };
}

function Canary({ step }: { step: StepRow }) {
  const canary = step.canary as Tried | null;
  if (!canary?.verdict) return null;
  const tone = canary.verdict === 'pass' ? 'ok' : canary.verdict === 'fail' ? 'bad' : 'watch';
  return (
    <details className="text-sm">
      <summary className="flex cursor-pointer flex-wrap items-center gap-2">
        <span className="text-ink-3">
          Tried first{' '}
          {canaryWords({ fraction: canary.fraction ?? 0, replayedMinutes: canary.replayedMinutes })}
        </span>
        <Pill tone={tone}>{canary.verdict}</Pill>
        <span className="text-ink-2">{canary.card?.reason}</span>
      </summary>
      <ul className="mt-1 grid gap-1 pl-4">
        {canary.card?.metrics?.map(metric => (
          <li key={metric.name}>
            <code className="font-mono">{metric.name}</code>: {metric.verdict}. {metric.reason}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Measured({ step }: { step: StepRow }) {
  const checks = step.measured?.checks ?? [];
  if (checks.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-2 text-sm">
      {checks.map(check => (
        <li key={check.name} className="inline-flex items-center gap-1.5">
          <Pill tone={check.ok ? 'ok' : 'bad'}>{check.name}</Pill>
          <span className="text-ink-2">
            {show(check.found)}, wanted {show(check.wanted)}
          </span>
        </li>
      ))}
    </ul>
  );
}
