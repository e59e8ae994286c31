'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Field, Select } from '#components/ui/input.tsx';
import { phases } from '#server/platform/environment/schema/terms.ts';
import { useWhyNot } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';

type Phase = (typeof phases)[number];

export function RunCard({ phase, onPhase }: { phase: Phase; onPhase: (phase: Phase) => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const mayReport = useWhyNot('report:write');
  const mayCheck = useWhyNot('environment:check');
  const refresh = () =>
    Promise.all([
      queries.invalidateQueries(trpc.reports.pathFilter()),
      queries.invalidateQueries(trpc.environment.pathFilter()),
    ]);
  const report = useMutation(trpc.reports.create.mutationOptions({ onSettled: refresh }));
  const precheck = useMutation(trpc.environment.precheck.mutationOptions({ onSettled: refresh }));
  const failure = report.error ?? precheck.error;
  const made = report.data;
  return (
    <Card>
      <div className="flex flex-wrap items-end gap-3 p-3.5">
        <Field label="Phase">
          {props => (
            <Select
              {...props}
              value={phase}
              onChange={event => onPhase(phases.find(p => p === event.target.value) ?? 'G.1')}
            >
              {phases.map(id => (
                <option key={id}>{id}</option>
              ))}
            </Select>
          )}
        </Field>
        <Button busy={precheck.isPending} why={mayCheck} onClick={() => precheck.mutate({ phase })}>
          Run precheck
        </Button>
        <Button
          kind="primary"
          busy={report.isPending}
          why={mayReport}
          onClick={() => report.mutate({ phase })}
        >
          Run report
        </Button>
        <p className="basis-full text-ink-2 text-sm">
          The report sends the phase’s requests to this console’s own ports, writes down what was answered and
          signs it. Systems that are not built are said to be not built.
        </p>
      </div>
      <p role="status" className={made || precheck.data ? 'border-t px-3.5 py-2' : 'sr-only'}>
        {made
          ? `${made.phase}: ${made.passed} requests as expected, ${made.failed} not, ${made.notBuilt} systems not built.`
          : precheck.data
            ? `${precheck.data.phase}: ${precheck.data.decision}.`
            : ''}
      </p>
      <p role="alert" className={failure ? 'border-t px-3.5 py-2 text-bad' : 'sr-only'}>
        {failure ? messageOf(failure) : ''}
      </p>
    </Card>
  );
}
