'use client';

import Link from 'next/link';
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input } from '#components/ui/input.tsx';
import { messageOf, problemIn } from '../live/problem.ts';
import { useTRPCClient } from '../live/trpc.ts';

type Guard = <T>(act: () => Promise<T>) => Promise<T>;

const StepUp = createContext<Guard>(act => act());

/** Runs a command; if the server asks for a second factor, asks the person and runs it once more. */
export const useStepUp = (): Guard => useContext(StepUp);

export class StepUpCancelled extends Error {}

export function StepUpProvider({ children }: { children: ReactNode }) {
  const client = useTRPCClient();
  const [asking, setAsking] = useState<'code' | 'enrol' | null>(null);
  const [code, setCode] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const waiting = useRef<Promise<void> | null>(null);
  const answer = useRef<{ resolve: () => void; reject: (error: Error) => void } | null>(null);

  const guard: Guard = useCallback(async act => {
    try {
      return await act();
    } catch (failure) {
      const problem = problemIn(failure);
      if (problem?.kind !== 'step_up') throw failure;
      const enrolled = problem.code !== 'auth.enrol_first';
      // Commands that are refused together wait for the one dialog.
      waiting.current ??= new Promise<void>((resolve, reject) => {
        answer.current = { resolve, reject };
        setAsking(enrolled ? 'code' : 'enrol');
      }).finally(() => {
        waiting.current = null;
      });
      await waiting.current;
      return act();
    }
  }, []);

  const close = () => {
    setAsking(null);
    setCode('');
    setError(null);
    answer.current?.reject(new StepUpCancelled('Not confirmed with a second factor. Nothing was changed.'));
    answer.current = null;
  };
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await client.mfa.stepUp.mutate({ code });
      const asker = answer.current;
      answer.current = null;
      setAsking(null);
      setCode('');
      asker?.resolve();
    } catch (failure) {
      setError(messageOf(failure));
    } finally {
      setBusy(false);
    }
  };

  return (
    <StepUp.Provider value={guard}>
      {children}
      <Dialog
        open={asking === 'code'}
        onOpenChange={open => !open && close()}
        title="Confirm it is you"
        description="This needs your second factor. It then holds for ten minutes."
      >
        <form
          className="grid gap-4"
          onSubmit={event => {
            event.preventDefault();
            void confirm();
          }}
        >
          <Field label="Code of your authenticator, or a recovery code" error={error ?? undefined}>
            {props => (
              <Input
                {...props}
                value={code}
                onChange={event => setCode(event.target.value)}
                autoFocus
                autoComplete="one-time-code"
                inputMode="numeric"
              />
            )}
          </Field>
          <Button kind="primary" type="submit" busy={busy}>
            Confirm
          </Button>
        </form>
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
