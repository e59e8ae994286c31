'use client';

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Textarea } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import { fieldMessage, formMessage } from '../identity/form-errors.ts';
import { useTRPC } from '../live/trpc.ts';
import { useStepUpMutation } from '../mfa/use-step-up-mutation.ts';

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  current: string | null;
  maxTokenMinutes: number;
}

/** Says what follows of each way before it is taken; the server asks for the second factor. */
export function RotateKeyDialog({ open, onOpenChange, current, maxTokenMinutes }: Props) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const group = useId();
  const [immediately, setImmediately] = useState(false);
  const [reason, setReason] = useState('');
  const rotate = useStepUpMutation(trpc.tokens.rotateKey.mutationOptions());
  const close = () => {
    rotate.reset();
    setImmediately(false);
    setReason('');
    onOpenChange(false);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rotate.mutate(
      { immediately, reason },
      {
        onSuccess: async made => {
          await queries.invalidateQueries(trpc.tokens.pathFilter());
          close();
          toast.success(`Key ${made.keyId} signs from now on.`);
        },
      },
    );
  };
  const ways = [
    {
      immediately: false,
      title: 'In good order',
      text: `The new key signs from now on. Tokens already given stay good until they expire, at most ${maxTokenMinutes} minutes. Nobody notices.`,
    },
    {
      immediately: true,
      title: 'At once: the key may have leaked',
      text: 'Every tenant’s token of every older key is refused from this moment. Tenants’ services fail until they fetch a new token.',
    },
  ];
  return (
    <Dialog
      open={open}
      onOpenChange={wanted => !wanted && close()}
      title="Rotate the tenant signing key"
      description={
        current === null
          ? 'There is no key yet: this makes the first one.'
          : 'Cannot be undone. Needs a second factor given within ten minutes, and is written to the ledger with your name.'
      }
    >
      <form className="grid gap-4" onSubmit={submit}>
        <fieldset className="grid gap-2">
          <legend className="mb-1 font-medium">What about the tokens already given?</legend>
          {ways.map(way => (
            <label
              key={way.title}
              className="flex cursor-pointer gap-3 rounded-md border border-line-strong p-3 has-checked:border-accent has-checked:bg-accent-soft"
            >
              <input
                type="radio"
                name={group}
                className="mt-0.5 size-4 shrink-0 accent-[var(--accent)]"
                checked={immediately === way.immediately}
                onChange={() => setImmediately(way.immediately)}
              />
              <span className="grid gap-0.5">
                <span className="font-medium">{way.title}</span>
                <span className="text-ink-2">{way.text}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <Field label="Reason" hint="Kept with the entry." error={fieldMessage(rotate.error, 'reason')}>
          {props => <Textarea {...props} value={reason} onChange={event => setReason(event.target.value)} />}
        </Field>
        <p role="alert" className={rotate.error ? 'text-bad' : 'sr-only'}>
          {formMessage(rotate.error, ['reason'])}
        </p>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button
            type="submit"
            kind="danger"
            busy={rotate.isPending}
            why={reason.trim().length < 3 ? 'Give a reason first.' : null}
          >
            {immediately ? 'Rotate and end all tokens' : 'Rotate key'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
