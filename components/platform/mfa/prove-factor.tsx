'use client';

import { KeyRound } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { proofOfCode } from '#server/platform/mfa/schema/terms.ts';
import type { FactorMethod, FactorOptions, FactorProof } from '#server/platform/mfa/schema.ts';
import { messageOf } from '../live/problem.ts';
import { CodeField } from './code-field.tsx';
import { answerWithPasskey, prepare, whyNoPasskey } from './passkey-client.ts';

interface Props {
  /** What the server offers for the challenge at hand. */
  options: FactorOptions;
  /** Which methods are enough here; any, if not said. */
  enough?: readonly FactorMethod[];
  /** Sends the proof; what it throws is shown, and the person may try again. */
  onProof: (proof: FactorProof) => Promise<void>;
  /** What the proof confirms, as the buttons say it. */
  action?: string;
}

/** Passkey first; a code where there is none, or where it is wanted and enough. */
export function ProveFactor({ options, enough, onProof, action = 'Confirm' }: Props) {
  const offered = options.methods.filter(method => enough === undefined || enough.includes(method));
  const passkey = offered.includes('passkey');
  const codes = offered.includes('totp') || offered.includes('recovery');
  const [byCode, setByCode] = useState(!passkey);
  const [code, setCode] = useState('');
  const [failed, setFailed] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (passkey) prepare();
  }, [passkey]);

  const attempt = async (make: () => Promise<FactorProof> | FactorProof) => {
    setBusy(true);
    setFailed(null);
    try {
      await onProof(await make());
    } catch (error) {
      setFailed(error);
      setCode('');
    } finally {
      setBusy(false);
    }
  };

  if (offered.length === 0)
    return (
      <p className="text-ink-2">
        {options.methods.length === 0
          ? 'You have no second factor that works here. Enrol one under Settings, Security.'
          : 'None of your factors is enough for this. Enrol a passkey under Settings, Security.'}
      </p>
    );
  const byPasskey = () =>
    attempt(async () => ({ kind: 'passkey', response: await answerWithPasskey(options) }));
  return (
    <div className="grid gap-3">
      {passkey ? (
        <Button
          kind={byCode ? 'plain' : 'primary'}
          busy={busy && !byCode}
          why={byCode ? null : whyNoPasskey(options.origin)}
          onClick={() => {
            setByCode(false);
            void byPasskey();
          }}
          autoFocus={!byCode}
        >
          <KeyRound className="size-4" aria-hidden />
          {action} with a passkey
        </Button>
      ) : null}
      {byCode ? (
        <form
          className="grid gap-3"
          onSubmit={event => {
            event.preventDefault();
            void attempt(() => proofOfCode(code));
          }}
        >
          <CodeField value={code} onChange={setCode} error={failed} />
          <Button kind="primary" type="submit" busy={busy}>
            {action} with a code
          </Button>
        </form>
      ) : (
        <p role="alert" className={failed ? 'text-bad' : 'sr-only'}>
          {failed ? messageOf(failed) : ''}
        </p>
      )}
      {passkey && codes && !byCode ? (
        <Button
          kind="quiet"
          onClick={() => {
            setFailed(null);
            setByCode(true);
          }}
        >
          Use a code instead
        </Button>
      ) : null}
    </div>
  );
}
