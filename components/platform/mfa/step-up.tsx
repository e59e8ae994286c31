'use client';

import dynamic from 'next/dynamic';
import Link from 'next/link';
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Skeleton } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import type { FactorProof, IssuedOptions } from '#server/platform/mfa/schema.ts';
import { messageOf, problemIn } from '../live/problem.ts';
import { useTRPCClient } from '../live/trpc.ts';

const ProveFactor = dynamic(() => import('./prove-factor.tsx').then(m => m.ProveFactor), {
  ssr: false,
  loading: () => <Skeleton className="h-8" />,
});

type Guard = <T>(act: () => Promise<T>) => Promise<T>;

const StepUp = createContext<Guard>(act => act());

/** Runs a command; if the server asks for a second factor, asks the person and runs it once more. */
export const useStepUp = (): Guard => useContext(StepUp);

export class StepUpCancelled extends Error {}

export function StepUpProvider({ children }: { children: ReactNode }) {
  const client = useTRPCClient();
  const [asking, setAsking] = useState<'factor' | 'enrol' | null>(null);
  const [options, setOptions] = useState<IssuedOptions | null>(null);
  const [error, setError] = useState<string | null>(null);
  const waiting = useRef<Promise<void> | null>(null);
  const answer = useRef<{ resolve: () => void; reject: (error: Error) => void } | null>(null);

  const ask = useCallback(async () => {
    setError(null);
    try {
      setOptions(await client.mfa.askStepUp.mutate());
    } catch (failure) {
      setError(messageOf(failure));
    }
  }, [client]);

  const guard: Guard = useCallback(
    async act => {
      try {
        return await act();
      } catch (failure) {
        const problem = problemIn(failure);
        if (problem?.kind !== 'step_up') throw failure;
        const enrolled = problem.code !== 'auth.enrol_first';
        // Commands that are refused together wait for the one dialog.
        waiting.current ??= new Promise<void>((resolve, reject) => {
          answer.current = { resolve, reject };
          setAsking(enrolled ? 'factor' : 'enrol');
          if (enrolled) void ask();
        }).finally(() => {
          waiting.current = null;
        });
        await waiting.current;
        return act();
      }
    },
    [ask],
  );

  const end = () => {
    setAsking(null);
    setOptions(null);
    const asker = answer.current;
    answer.current = null;
    return asker;
  };
  const close = () =>
    end()?.reject(new StepUpCancelled('Not confirmed with a second factor. Nothing was changed.'));
  const prove = async (proof: FactorProof) => {
    try {
      await client.mfa.stepUp.mutate(
        proof.kind === 'passkey'
          ? { challengeId: options?.challengeId ?? '', response: proof.response }
          : { code: proof.code },
      );
    } catch (failure) {
      if (proof.kind === 'passkey') await ask(); // a challenge is answered once
      throw failure;
    }
    end()?.resolve();
  };

  return (
    <StepUp.Provider value={guard}>
      {children}
      <Dialog
        open={asking === 'factor'}
        onOpenChange={open => !open && close()}
        title="Confirm it is you"
        description="This needs your second factor. It then holds for ten minutes."
      >
        {options ? <ProveFactor options={options} onProof={prove} /> : null}
        {!options && !error ? <Skeleton className="h-8" /> : null}
        {error ? (
          <div className="grid gap-3">
            <p role="alert" className="text-bad">
              {error}
            </p>
            <Button onClick={() => void ask()}>Try again</Button>
          </div>
        ) : null}
      </Dialog>
      <Dialog
        open={asking === 'enrol'}
        onOpenChange={open => !open && close()}
        title="Set up a second factor first"
        description="This needs a second factor, and you have none yet."
      >
        <Link href="/settings/security" className="link" onClick={close}>
          Set one up under Settings, Security
        </Link>
      </Dialog>
    </StepUp.Provider>
  );
}
