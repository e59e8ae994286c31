'use client';

import { type ReactNode, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What will happen, to whom. */
  children: ReactNode;
  action: string;
  onConfirm: () => Promise<unknown>;
}

/** For acts that can be set right again, but should not happen by a slip: says what follows, asks once. */
export function ConfirmDialog({ open, onOpenChange, title, children, action, onConfirm }: Props) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const change = (wanted: boolean) => {
    setError(null);
    onOpenChange(wanted);
  };
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      change(false);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog open={open} onOpenChange={change} title={title}>
      <div className="grid gap-4">
        <div>{children}</div>
        <p role="alert" className={error ? 'text-bad' : 'sr-only'}>
          {error}
        </p>
        <div className="flex justify-end gap-2">
          <Button onClick={() => change(false)}>Cancel</Button>
          <Button kind="danger" busy={busy} onClick={() => void confirm()}>
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
