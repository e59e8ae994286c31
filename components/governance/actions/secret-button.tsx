'use client';

import { useState } from 'react';
import { ShownOnce } from '#components/console/shown-once.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPCClient } from '#components/platform/live/trpc.ts';
import { useStepUp } from '#components/platform/mfa/step-up.tsx';
import { Button } from '#components/ui/button.tsx';
import { toast } from '#components/ui/toast.ts';

/** What a rotation made, for whoever hands it on to the service that needs it. */
export function SecretButton({ id, step, target }: { id: string; step: number; target: string }) {
  const client = useTRPCClient();
  const guarded = useStepUp();
  const why = useWhyNot('action:guard');
  const [secret, setSecret] = useState<string | null>(null);
  const show = async () => {
    try {
      setSecret((await guarded(() => client.actions.takeSecret.mutate({ exec_id: id, step }))).secret);
    } catch (failure) {
      toast.error(messageOf(failure));
    }
  };
  return (
    <>
      <Button size="sm" className="justify-self-start" why={why} onClick={() => void show()}>
        Show the new secret
      </Button>
      <ShownOnce
        title="The new secret"
        about={`Of ${target}. That you had it shown is written to the ledger.`}
        secret={secret}
        onDone={() => setSecret(null)}
      />
    </>
  );
}
