'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { fieldErrors, messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Checkbox, Field, Input, Select } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import type { RuleRow } from '#server/governance/risk/schema/rules.ts';
import { dimensions, severities } from '#server/governance/risk/schema/terms.ts';
import { DryRun } from './dry-run.tsx';
import { type Draft, definitionOf, draftOf, type Kind, slugOf } from './rule-draft.ts';
import { dimensionWord } from './words.ts';

const kinds: Record<Kind, string> = {
  events: 'Events arrive',
  metric: 'A metric passes a limit',
  anomaly: 'A metric is unlike its past',
  template: 'A rare log line appears',
};

/** A rule as a form; before it is put in force it can be tried on what was recorded. */
export function RuleForm({ rule, onClose }: { rule: RuleRow | null; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Draft>(() => draftOf(rule?.definition ?? null));
  const [enabled, setEnabled] = useState(rule?.enabled ?? true);
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const save = useMutation(trpc.risks.saveRule.mutationOptions());
  const tried = useMutation({
    mutationFn: () =>
      client.risks.dryRun.query({
        definition: definitionOf(draft),
        ...(rule ? { against: rule.id } : {}),
        hours: 6,
      }),
  });
  const errors = { ...fieldErrors(tried.error), ...fieldErrors(save.error) };
  const wrong = (name: string) => errors[`definition.${name}`] ?? errors[`definition.when.${name}`];
  const error = save.error ?? tried.error;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(
      {
        id: rule?.id ?? slugOf(draft.title),
        version: rule?.version ?? 0,
        enabled,
        definition: definitionOf(draft),
      },
      {
        onSuccess: async saved => {
          await queries.invalidateQueries(trpc.risks.pathFilter());
          toast.success(`${saved.definition.title} is version ${saved.version} now.`);
          onClose();
        },
      },
    );
  };
  const text = (name: keyof Draft, label: string, field: string, hint?: string) => (
    <Field label={label} hint={hint} error={wrong(field)}>
      {props => (
        <Input {...props} value={draft[name]} onChange={event => set({ [name]: event.target.value })} />
      )}
    </Field>
  );
  const choice = <T extends string>(
    name: keyof Draft,
    label: string,
    field: string,
    options: [T, string][],
  ) => (
    <Field label={label} error={wrong(field)}>
      {props => (
        <Select {...props} value={draft[name]} onChange={event => set({ [name]: event.target.value })}>
          {options.map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
  const severity = choice(
    'minSeverity',
    'Of at least',
    'minSeverity',
    severities.map(value => [value, value]),
  );
  const within = text('within', 'Within', 'withinMinutes', 'Minutes');

  return (
    <Dialog
      open
      wide
      onOpenChange={open => !open && onClose()}
      title={rule ? rule.definition.title : 'New rule'}
      description={
        rule
          ? `Version ${rule.version}; saving makes version ${rule.version + 1}.`
          : 'It counts from the moment it is saved.'
      }
    >
      <form className="grid gap-4" onSubmit={submit}>
        {text('title', 'Title', 'title')}
        <div className="grid gap-3 sm:grid-cols-3">
          {choice(
            'dimension',
            'Dimension',
            'dimension',
            dimensions.map(value => [value, dimensionWord[value]]),
          )}
          {text('points', 'Points', 'points', 'Of a hundred')}
          {choice('alert', 'Alert', 'alert', [
            ['', 'none'],
            ['low', 'low'],
            ['medium', 'medium'],
            ['high', 'high'],
            ['critical', 'critical'],
          ])}
        </div>
        {choice('kind', 'Holds when', 'kind', Object.entries(kinds) as [Kind, string][])}
        <div className="grid gap-3 sm:grid-cols-3">
          {draft.kind === 'events' ? (
            <>
              <div className="sm:col-span-3">
                {text('names', 'Events', 'names', 'Names by comma; * stands for anything')}
              </div>
              {severity}
              {text('atLeast', 'How many', 'atLeast')}
              {within}
            </>
          ) : draft.kind === 'template' ? (
            <>
              {text('rarity', 'Rarer than', 'minRarity', '0 seen all the time, 1 never seen')}
              {severity}
              {within}
            </>
          ) : (
            <>
              {text('metric', 'Metric', 'metric', '* stands for anything')}
              {draft.kind === 'anomaly' ? (
                text('anomaly', 'Anomalous by', 'atLeast', '0 usual, 1 unlike anything before')
              ) : (
                <>
                  {choice('op', 'Is', 'op', [
                    ['above', 'above'],
                    ['below', 'below'],
                  ])}
                  {text('threshold', 'Limit', 'threshold')}
                </>
              )}
            </>
          )}
        </div>
        <Checkbox label="In force" checked={enabled} onChange={event => setEnabled(event.target.checked)} />
        {tried.data ? <DryRun result={tried.data} /> : null}
        <p role="alert" className={error ? 'text-bad' : 'sr-only'}>
          {error ? messageOf(error) : ''}
        </p>
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={() => tried.mutate()} busy={tried.isPending} className="mr-auto">
            Try on the last 6 hours
          </Button>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
