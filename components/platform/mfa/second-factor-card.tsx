'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '#components/console/confirm-dialog.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { EnrolDialog } from './enrol-dialog.tsx';
import { FactorList, type ListedFactor } from './factor-list.tsx';
import { PasskeyDialog } from './passkey-dialog.tsx';
import { RecoveryCodes } from './recovery-codes.tsx';
import { RenameDialog } from './rename-dialog.tsx';
import { useStepUpMutation } from './use-step-up-mutation.ts';

const fewCodes = 3;

export function SecondFactorCard() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [enrolling, setEnrolling] = useState<'passkey' | 'device' | null>(null);
  const [renaming, setRenaming] = useState<ListedFactor | null>(null);
  const [removing, setRemoving] = useState<ListedFactor | null>(null);
  const factors = useQuery(trpc.mfa.factors.queryOptions());
  const refresh = () =>
    Promise.all([
      queries.invalidateQueries(trpc.mfa.factors.queryFilter()),
      queries.invalidateQueries(trpc.identity.me.queryFilter()),
      queries.invalidateQueries(trpc.sessions.mine.queryFilter()),
    ]);
  const onError = (error: unknown) => toast.error(messageOf(error));
  const onSuccess = refresh;
  const rename = useStepUpMutation(trpc.mfa.rename.mutationOptions({ onSuccess }));
  const removeDevice = useStepUpMutation(trpc.mfa.remove.mutationOptions({ onSuccess }));
  const removePasskey = useStepUpMutation(trpc.mfa.removePasskey.mutationOptions({ onSuccess }));
  const renew = useStepUpMutation(trpc.mfa.renewRecoveryCodes.mutationOptions({ onSuccess, onError }));

  const data = factors.data;
  const count = data ? data.devices.length + data.passkeys.length : 0;
  const keep =
    count === 1 && data?.recoveryCodesLeft === 0
      ? 'Your last factor, and no recovery code is left. Add another factor or make new recovery codes first.'
      : null;
  const askPassword = count === 0 && (data?.hasPassword ?? true);
  const remove = ({ kind, id }: ListedFactor) =>
    kind === 'passkey' ? removePasskey.mutateAsync({ id }) : removeDevice.mutateAsync({ deviceId: id });

  return (
    <Card title="Second factor">
      <div className="grid gap-3 p-3.5">
        {factors.isPending ? <Skeleton className="h-16" /> : null}
        {factors.error ? <p className="text-bad">{messageOf(factors.error)}</p> : null}
        {data && count === 0 ? (
          <p className="max-w-prose text-ink-2">
            You sign in with {data.hasPassword ? 'a password' : 'the provider'} alone. Sensitive commands,
            such as creating users or tokens, need a second factor: add a passkey or an authenticator app to
            be able to use them.
          </p>
        ) : null}
        {data && count > 0 ? (
          <FactorList factors={data} keep={keep} onRename={setRenaming} onRemove={setRemoving} />
        ) : null}
        <div className="flex flex-wrap gap-2">
          <Button
            kind={count === 0 ? 'primary' : 'plain'}
            onClick={() => setEnrolling('passkey')}
            why={data?.passkeysImpossible}
          >
            Add a passkey
          </Button>
          <Button onClick={() => setEnrolling('device')}>Enrol a device</Button>
        </div>
        {data?.passkeysImpossible ? (
          <p className="max-w-prose rounded-md bg-watch-soft px-2.5 py-1.5 text-watch">
            {data.passkeysImpossible}
          </p>
        ) : null}
        {data && count > 0 ? (
          <div className="flex flex-wrap items-center gap-3 border-t pt-3">
            <Pill tone={data.recoveryCodesLeft < fewCodes ? 'watch' : 'ok'}>
              {data.recoveryCodesLeft} recovery codes left
            </Pill>
            <Button size="sm" busy={renew.isPending} onClick={() => renew.mutate()}>
              Make new codes
            </Button>
            <span className="text-ink-3 text-sm">The old ones stop working.</span>
          </div>
        ) : null}
      </div>
      <ConfirmDialog
        open={removing !== null}
        onOpenChange={open => !open && setRemoving(null)}
        title={`Remove ${removing?.name ?? ''}`}
        action="Remove"
        onConfirm={() => (removing ? remove(removing) : Promise.resolve())}
      >
        {count === 1
          ? `It is your last factor: you will sign in with the ${data?.hasPassword ? 'password' : 'provider'} alone, and sensitive commands are refused.`
          : removing?.kind === 'passkey'
            ? 'It signs you in no more. Delete it on the device too, so that it is not offered.'
            : 'Its codes are refused from now on.'}
      </ConfirmDialog>
      {renaming ? (
        <RenameDialog
          key={renaming.id}
          name={renaming.name}
          onClose={() => setRenaming(null)}
          onRename={name => rename.mutateAsync({ id: renaming.id, name })}
        />
      ) : null}
      <EnrolDialog
        open={enrolling === 'device'}
        onClose={() => setEnrolling(null)}
        askPassword={askPassword}
      />
      <PasskeyDialog
        open={enrolling === 'passkey'}
        onClose={() => setEnrolling(null)}
        onEnrolled={refresh}
        askPassword={askPassword}
      />
      <Dialog open={renew.data !== undefined} onOpenChange={renew.reset} held title="Recovery codes">
        {renew.data ? <RecoveryCodes codes={renew.data.recoveryCodes} onKept={renew.reset} /> : null}
      </Dialog>
    </Card>
  );
}
