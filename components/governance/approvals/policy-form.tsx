'use client';

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { fieldErrors, messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { useStepUpMutation } from '#components/platform/mfa/use-step-up-mutation.ts';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Checkbox, Field, Input, Select, Textarea } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import type { PolicyRow, Terms } from '#server/governance/approvals/schema.ts';
import { type Draft, draftOf, expressionOf, type Group } from './expression-draft.ts';

const list = (text: string) =>
  text
    .split(/[\s,]+/)
    .map(name => name.trim())
    .filter(Boolean);

export function PolicyForm({ policy, onClose }: { policy: PolicyRow; onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { terms } = policy;
  const [draft, setDraft] = useState<Draft | null>(() => draftOf(terms.expression));
  const [times, setTimes] = useState({
    ttl: String(terms.ttlMinutes),
    remind: String(terms.remindMinutes ?? ''),
    escalate: String(terms.escalateMinutes ?? ''),
    release: String(terms.releaseMinutes),
  });
  const [escalateTo, setEscalateTo] = useState(terms.escalateTo.join(', '));
  const [factors, setFactors] = useState(terms.factors);
  const [glass, setGlass] = useState({
    users: terms.breakGlass?.users.join(', ') ?? '',
    ttl: String(terms.breakGlass?.ttlMinutes ?? 15),
    review: String(terms.breakGlass?.reviewHours ?? 24),
  });
  const [reason, setReason] = useState('');
  const save = useStepUpMutation(trpc.approvals.updatePolicy.mutationOptions());
  const errors = fieldErrors(save.error);
  const number = (text: string) => (text.trim() === '' ? null : Number(text));

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const next: Terms = {
      expression: draft ? expressionOf(draft) : terms.expression,
      ttlMinutes: Number(times.ttl),
      remindMinutes: number(times.remind),
      escalateMinutes: number(times.escalate),
      escalateTo: list(escalateTo),
      factors,
      releaseMinutes: Number(times.release),
      breakGlass:
        list(glass.users).length === 0
          ? null
          : { users: list(glass.users), ttlMinutes: Number(glass.ttl), reviewHours: Number(glass.review) },
    };
    save.mutate(
      { id: policy.id, version: policy.version, terms: next, reason },
      {
        onSuccess: async () => {
          await queries.invalidateQueries(trpc.approvals.pathFilter());
          toast.success('The policy is in force. What waited under the old one is void.');
          onClose();
        },
      },
    );
  };
  const time = (name: keyof typeof times, label: string, hint?: string) => (
    <Field label={label} hint={hint} error={errors[`terms.${name}Minutes`]}>
      {props => (
        <Input
          {...props}
          inputMode="numeric"
          value={times[name]}
          onChange={event => setTimes({ ...times, [name]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <Dialog
      open
      wide
      onOpenChange={open => !open && onClose()}
      title={policy.title}
      description="Requests that wait under the old terms become void and have to be asked for again."
    >
      <form className="grid gap-4" onSubmit={submit}>
        {draft ? (
          <Groups draft={draft} onChange={setDraft} />
        ) : (
          <p className="text-ink-2">Who has to agree is nested here ({policy.needs}); it is kept as it is.</p>
        )}
        <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
          {time('ttl', 'Ends after', 'Minutes')}
          {time('remind', 'Reminds after', 'Minutes; empty = never')}
          {time('escalate', 'Escalates after', 'Minutes; empty = never')}
          {time('release', 'Release within', 'Minutes')}
        </div>
        <Field label="Escalates to" hint="Roles or names, by comma: they are told.">
          {props => (
            <Input {...props} value={escalateTo} onChange={event => setEscalateTo(event.target.value)} />
          )}
        </Field>
        <fieldset className="flex gap-5">
          <legend className="mb-1 font-medium">Enough as second factor</legend>
          {(['passkey', 'totp'] as const).map(factor => (
            <Checkbox
              key={factor}
              label={factor === 'totp' ? 'Code' : 'Passkey'}
              checked={factors.includes(factor)}
              onChange={event =>
                setFactors(
                  event.target.checked ? [...factors, factor] : factors.filter(other => other !== factor),
                )
              }
            />
          ))}
        </fieldset>
        <div className="grid gap-3 md:grid-cols-3">
          <Field label="May break the glass" hint="Names, by comma; empty = nobody.">
            {props => (
              <Input
                {...props}
                value={glass.users}
                onChange={event => setGlass({ ...glass, users: event.target.value })}
              />
            )}
          </Field>
          <Field label="Holds for" hint="Minutes">
            {props => (
              <Input
                {...props}
                value={glass.ttl}
                inputMode="numeric"
                onChange={event => setGlass({ ...glass, ttl: event.target.value })}
              />
            )}
          </Field>
          <Field label="Review within" hint="Hours">
            {props => (
              <Input
                {...props}
                value={glass.review}
                inputMode="numeric"
                onChange={event => setGlass({ ...glass, review: event.target.value })}
              />
            )}
          </Field>
        </div>
        <Field label="Reason" error={errors.reason}>
          {props => <Textarea {...props} value={reason} onChange={event => setReason(event.target.value)} />}
        </Field>
        <p role="alert" className={save.error ? 'text-bad' : 'sr-only'}>
          {save.error ? messageOf(save.error) : ''}
        </p>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" busy={save.isPending}>
            Put in force
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Groups({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }) {
  const set = (at: number, change: Partial<Group>) =>
    onChange({ ...draft, groups: draft.groups.map((g, i) => (i === at ? { ...g, ...change } : g)) });
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 font-medium">Who has to agree</legend>
      {draft.groups.map((group, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a group is its place in the list
        <div key={i} className="grid grid-cols-[4.5rem_1fr_auto] items-center gap-2">
          <Input
            aria-label={`How many of group ${i + 1}`}
            inputMode="numeric"
            value={group.count}
            onChange={event => set(i, { count: event.target.value })}
          />
          <Input
            aria-label={`Role or names of group ${i + 1}`}
            value={group.who}
            placeholder="approver, or names by comma"
            onChange={event => set(i, { who: event.target.value })}
          />
          <Button
            kind="quiet"
            size="sm"
            why={draft.groups.length === 1 ? 'One group has to stay.' : null}
            onClick={() => onChange({ ...draft, groups: draft.groups.filter((_, at) => at !== i) })}
          >
            Remove
          </Button>
        </div>
      ))}
      <div className="flex flex-wrap items-center gap-2">
        <Button
          size="sm"
          why={draft.groups.length >= 6 ? 'At most six groups.' : null}
          onClick={() => onChange({ ...draft, groups: [...draft.groups, { who: '', count: '1' }] })}
        >
          Add a group
        </Button>
        {draft.groups.length > 1 ? (
          <Select
            aria-label="How the groups join"
            className="w-auto"
            value={draft.join}
            onChange={event => onChange({ ...draft, join: event.target.value === 'any' ? 'any' : 'all' })}
          >
            <option value="all">All groups have to agree</option>
            <option value="any">Any one group is enough</option>
          </Select>
        ) : null}
      </div>
    </fieldset>
  );
}
