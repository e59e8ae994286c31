'use client';

import { type FormEvent, useState } from 'react';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input } from '#components/ui/input.tsx';
import { messageOf } from '../live/problem.ts';
import { EnrolFooter } from './enrol-fields.tsx';

interface Props {
  name: string;
  onClose: () => void;
  onRename: (name: string) => Promise<unknown>;
}

export function RenameDialog({ name: present, onClose, onRename }: Props) {
  const [name, setName] = useState(present);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await onRename(name);
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={open => !open && onClose()} title={`Rename ${present}`}>
      <form className="grid gap-4" onSubmit={submit}>
        <Field label="Name" error={error ? messageOf(error) : undefined}>
          {props => (
            <Input
              {...props}
              value={name}
              onChange={event => setName(event.target.value)}
              maxLength={60}
              required
              autoFocus
            />
          )}
        </Field>
        <EnrolFooter onCancel={onClose} busy={busy} label="Rename" />
      </form>
    </Dialog>
  );
}
