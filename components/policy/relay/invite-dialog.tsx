'use client';

import { useState } from 'react';
import { ShownOnce } from '#components/console/shown-once.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { useStepUpMutation } from '#components/platform/mfa/use-step-up-mutation.ts';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input } from '#components/ui/input.tsx';

export function InviteDialog({
  open,
  onOpenChange,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const trpc = useTRPC();
  const [name, setName] = useState('');
  const [maxUses, setMaxUses] = useState(1);
  const invite = useStepUpMutation(trpc.relays.invite.mutationOptions());
  const close = (wanted: boolean) => {
    if (!wanted) invite.reset();
    onOpenChange(wanted);
  };
  if (invite.data)
    return (
      <ShownOnce
        title="Join token"
        about="Put it into a file on the relay’s machine and start there: npm run relay -- --hub ADDRESS --token-file FILE --data FOLDER. It is shown this once."
        secret={invite.data.token}
        onDone={() => close(false)}
      />
    );
  return (
    <Dialog
      open={open}
      onOpenChange={close}
      title="Invite a relay"
      description="The token lets a relay ask to join. It is good for one day; each relay makes its own key and proves it."
    >
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault();
          invite.mutate({ name, maxUses });
        }}
      >
        <Field label="Name" hint="So that you know it again.">
          {field => <Input {...field} value={name} onChange={e => setName(e.target.value)} />}
        </Field>
        <Field label="For how many relays">
          {field => (
            <Input
              {...field}
              type="number"
              min={1}
              max={10_000}
              value={maxUses}
              onChange={e => setMaxUses(Number(e.target.value))}
            />
          )}
        </Field>
        <p role="alert" className={invite.error ? 'text-bad' : 'sr-only'}>
          {invite.error ? messageOf(invite.error) : ''}
        </p>
        <div className="flex justify-end gap-2">
          <Button onClick={() => close(false)}>Cancel</Button>
          <Button
            kind="primary"
            type="submit"
            busy={invite.isPending}
            why={name.trim() ? null : 'Name it first.'}
          >
            Make the token
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
