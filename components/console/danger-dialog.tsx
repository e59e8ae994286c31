'use client';

import { type ReactNode, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input, Textarea } from '#components/ui/input.tsx';

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What will happen, to whom. */
  blast: ReactNode;
  change?: ReactNode;
  /** What has to be typed to show that the right thing is meant. */
  typeName: string;
  needs?: string;
  action: string;
  onConfirm: (reason: string) => Promise<unknown>;
}

/** For acts that hurt when they hit the wrong thing: shows change and blast radius, asks for the name and a reason. */
export function DangerDialog({
  open,
  onOpenChange,
  title,
  blast,
  change,
  typeName,
  needs,
  action,
  onConfirm,
}: Props) {
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const missing =
    typed !== typeName ? `Type ${typeName} first.` : reason.trim().length < 3 ? 'Give a reason first.' : null;
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm(reason.trim());
      setTyped('');
      setReason('');
      onOpenChange(false);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      description={needs ?? 'This is written to the ledger with your name.'}
    >
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault();
          if (!missing && !busy) void confirm();
        }}
      >
        <div className="rounded-md border border-line-strong bg-watch-soft px-3 py-2">{blast}</div>
        {change}
        <Field label={`Type "${typeName}" to confirm`}>
          {props => (
            <Input
              {...props}
              value={typed}
              onChange={event => setTyped(event.target.value)}
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        <Field label="Reason" error={error ?? undefined}>
          {props => (
            <Textarea
              {...props}
              value={reason}
              onChange={event => setReason(event.target.value)}
              maxLength={500}
            />
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button kind="danger" type="submit" busy={busy} why={missing}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
