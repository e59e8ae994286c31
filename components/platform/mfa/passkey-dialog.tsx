'use client';

import { useEffect, useState } from 'react';
import { Dialog } from '#components/ui/dialog.tsx';
import { useTRPCClient } from '../live/trpc.ts';
import { EnrolFields } from './enrol-fields.tsx';
import { makePasskey, prepare } from './passkey-client.ts';
import { RecoveryCodes } from './recovery-codes.tsx';
import { useStepUp } from './step-up.tsx';

interface Props {
  open: boolean;
  onClose: () => void;
  onEnrolled: () => Promise<unknown>;
  /** The first factor asks for the password again. */
  askPassword: boolean;
}

/** Name → the browser makes the passkey → recovery codes, with the first factor. */
export function PasskeyDialog({ open, onClose, onEnrolled, askPassword }: Props) {
  const client = useTRPCClient();
  const guard = useStepUp();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [codes, setCodes] = useState<readonly string[]>([]);
  useEffect(() => {
    if (open) prepare();
  }, [open]);

  const close = () => {
    setName('');
    setPassword('');
    setError(null);
    setCodes([]);
    onClose();
  };
  const enrol = async () => {
    setBusy(true);
    setError(null);
    try {
      const { challengeId, options } = await guard(() =>
        client.mfa.enrolPasskey.mutate({ name, ...(askPassword ? { currentPassword: password } : {}) }),
      );
      const response = await makePasskey(options);
      const { recoveryCodes } = await client.mfa.confirmPasskey.mutate({ challengeId, name, response });
      await onEnrolled();
      if (recoveryCodes.length > 0) setCodes(recoveryCodes);
      else close();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };

  if (codes.length > 0)
    return (
      <Dialog open={open} onOpenChange={close} held title="Recovery codes">
        <RecoveryCodes codes={codes} onKept={close} />
      </Dialog>
    );
  return (
    <Dialog
      open={open}
      onOpenChange={wanted => !wanted && close()}
      title="Add a passkey"
      description="This device, a phone or a security key. It signs you in without a password, and confirms what you do."
    >
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault();
          if (!busy) void enrol();
        }}
      >
        <EnrolFields
          label="Name of the passkey"
          hint="So that you recognise it in the list, for example “Laptop”."
          name={name}
          onName={setName}
          password={askPassword ? password : null}
          onPassword={setPassword}
          error={error}
          busy={busy}
          onCancel={close}
        />
      </form>
    </Dialog>
  );
}
