'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { useTRPC } from '../live/trpc.ts';
import { CodeField } from './code-field.tsx';
import { EnrolFields, EnrolFooter } from './enrol-fields.tsx';
import { QrCode } from './qr-code.tsx';
import { RecoveryCodes } from './recovery-codes.tsx';
import { useStepUpMutation } from './use-step-up-mutation.ts';

interface Props {
  open: boolean;
  onClose: () => void;
  /** The first factor asks for the password again. */
  askPassword: boolean;
}

/** Name → scan → confirm with a code → keep the recovery codes (with the first factor). */
export function EnrolDialog({ open, onClose, askPassword }: Props) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [code, setCode] = useState('');
  const [password, setPassword] = useState('');
  const begin = useStepUpMutation(trpc.mfa.enrol.mutationOptions());
  const confirm = useStepUpMutation(trpc.mfa.confirm.mutationOptions());
  const codes = confirm.data?.recoveryCodes ?? [];

  const close = () => {
    setName('');
    setCode('');
    setPassword('');
    begin.reset();
    confirm.reset();
    onClose();
  };
  const confirmed = async (recoveryCodes: readonly string[]) => {
    await Promise.all([
      queries.invalidateQueries(trpc.mfa.factors.queryFilter()),
      queries.invalidateQueries(trpc.identity.me.queryFilter()),
    ]);
    if (recoveryCodes.length === 0) close();
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
      title="Enrol a device"
      description="Any authenticator app that shows six-digit codes will do."
    >
      {begin.data ? (
        <form
          className="grid gap-4"
          onSubmit={event => {
            event.preventDefault();
            confirm.mutate(
              { deviceId: begin.data.deviceId, code },
              { onSuccess: done => confirmed(done.recoveryCodes) },
            );
          }}
        >
          <div className="flex flex-wrap items-center gap-4">
            <QrCode rows={begin.data.qr} label="QR code for the authenticator app" />
            <div className="grid max-w-44 gap-1 text-ink-2 text-sm">
              <p>Scan it with the app, or type this key:</p>
              <p className="flex items-start gap-1">
                <span className="break-all font-mono" data-testid="totp-key">
                  {begin.data.secret}
                </span>
                <CopyButton text={begin.data.secret} label="Copy the key" />
              </p>
            </div>
          </div>
          <CodeField totpOnly value={code} onChange={setCode} error={confirm.error} />
          <EnrolFooter onCancel={close} busy={confirm.isPending} label="Confirm" />
        </form>
      ) : (
        <form
          className="grid gap-4"
          onSubmit={event => {
            event.preventDefault();
            begin.mutate({ name, ...(askPassword ? { currentPassword: password } : {}) });
          }}
        >
          <EnrolFields
            label="Name of the device"
            hint="So that you recognise it in the list, for example “Phone”."
            name={name}
            onName={setName}
            password={askPassword ? password : null}
            onPassword={setPassword}
            error={begin.error}
            busy={begin.isPending}
            onCancel={close}
          />
        </form>
      )}
    </Dialog>
  );
}
