'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { ConfirmDialog } from '#components/console/confirm-dialog.tsx';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { EnrolDialog } from './enrol-dialog.tsx';
import { RecoveryCodes } from './recovery-codes.tsx';
import { useStepUpMutation } from './use-step-up-mutation.ts';

const fewCodes = 3;

export function SecondFactorCard() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [enrolling, setEnrolling] = useState(false);
  const [removing, setRemoving] = useState<{ id: string; name: string } | null>(null);
  const devices = useQuery(trpc.mfa.factors.queryOptions());
  const refresh = () =>
    Promise.all([
      queries.invalidateQueries(trpc.mfa.factors.queryFilter()),
      queries.invalidateQueries(trpc.identity.me.queryFilter()),
    ]);
  const onError = (error: unknown) => toast.error(messageOf(error));
  const remove = useStepUpMutation(trpc.mfa.remove.mutationOptions({ onSuccess: refresh }));
  const renew = useStepUpMutation(
    trpc.mfa.renewRecoveryCodes.mutationOptions({ onSuccess: refresh, onError }),
  );

  return (
    <Card
      title="Second factor"
      end={
        <Button size="sm" onClick={() => setEnrolling(true)}>
          Enrol a device
        </Button>
      }
    >
      <div className="grid gap-3 p-3.5">
        {devices.isPending ? <Skeleton className="h-16" /> : null}
        {devices.error ? <p className="text-bad">{messageOf(devices.error)}</p> : null}
        {devices.data?.devices.length === 0 ? (
          <p className="max-w-prose text-ink-2">
            You sign in with a password alone. Sensitive commands, such as creating users or tokens, need a
            second factor: enrol an authenticator app to be able to use them.
          </p>
        ) : null}
        {devices.data && devices.data.devices.length > 0 ? (
          <>
            <ul className="divide-y rounded-md border">
              {devices.data.devices.map(device => (
                <li key={device.id} className="flex items-center gap-3 px-3 py-2">
                  <span className="font-medium">{device.name}</span>
                  <span className="text-ink-3 text-sm">
                    enrolled <Time at={device.createdAt} />
                  </span>
                  <span className="ml-auto">
                    <Button size="sm" kind="danger" onClick={() => setRemoving(device)}>
                      Remove
                    </Button>
                  </span>
                </li>
              ))}
            </ul>
            <div className="flex flex-wrap items-center gap-3">
              <Pill tone={devices.data.recoveryCodesLeft < fewCodes ? 'watch' : 'ok'}>
                {devices.data.recoveryCodesLeft} recovery codes left
              </Pill>
              <Button size="sm" busy={renew.isPending} onClick={() => renew.mutate()}>
                Make new codes
              </Button>
              <span className="text-ink-3 text-sm">The old ones stop working.</span>
            </div>
          </>
        ) : null}
      </div>
      <ConfirmDialog
        open={removing !== null}
        onOpenChange={open => !open && setRemoving(null)}
        title={`Remove ${removing?.name ?? ''}`}
        action="Remove"
        onConfirm={() => remove.mutateAsync({ deviceId: removing?.id ?? '' })}
      >
        {devices.data?.devices.length === 1
          ? 'It is your last device: you will sign in with the password alone, and sensitive commands are refused.'
          : 'Its codes are refused from now on.'}
      </ConfirmDialog>
      <EnrolDialog open={enrolling} onClose={() => setEnrolling(false)} />
      <Dialog open={renew.data !== undefined} onOpenChange={renew.reset} held title="Recovery codes">
        {renew.data ? <RecoveryCodes codes={renew.data.recoveryCodes} onKept={renew.reset} /> : null}
      </Dialog>
    </Card>
  );
}
