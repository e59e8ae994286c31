'use client';

import { KeyRound } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input } from '#components/ui/input.tsx';
import { prepare } from '../mfa/passkey-client.ts';
import { providerWords, type SignInResult, signInWithPasskey, submitSignIn } from './sign-in-client.ts';

export interface SignInChoices {
  /** Where passkeys can belong to this address. */
  passkeys: boolean;
  /** The provider’s name and where the way to it begins; null where none is configured. */
  provider: { label: string; href: string } | null;
  /** Why a visit to the provider ended here. */
  error: string | null;
}

/** Password first; who has a second factor is asked for it as a second step. A passkey or the provider does it in one. */
export function SignInForm({ next, choices }: { next: string; choices: SignInChoices }) {
  const [step, setStep] = useState<'password' | 'code'>('password');
  const [fields, setFields] = useState({ name: '', password: '', code: '' });
  const [busy, setBusy] = useState<'form' | 'passkey' | null>(null);
  const [refused, setRefused] = useState<string | null>(choices.error ? providerWords(choices.error) : null);
  useEffect(() => {
    if (choices.passkeys) prepare();
  }, [choices.passkeys]);
  const set = (field: keyof typeof fields) => (value: string) =>
    setFields(current => ({ ...current, [field]: value }));

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy('form');
    setRefused(null);
    // What was typed before the page came alive is in the form, and not yet in its state.
    const typed = new FormData(event.currentTarget);
    const { name, password, code } = {
      ...fields,
      ...(step === 'password'
        ? { name: String(typed.get('username') ?? ''), password: String(typed.get('password') ?? '') }
        : {}),
    };
    setFields(current => ({ ...current, name, password }));
    const result = await submitSignIn({ name, password, ...(step === 'code' ? { code } : {}) });
    settle(result);
  };
  const byPasskey = async () => {
    setBusy('passkey');
    setRefused(null);
    settle(
      await signInWithPasskey(async () => {
        const { makeClient } = await import('../live/client.ts');
        return makeClient().mfa.askSignIn.mutate();
      }),
    );
  };
  const settle = (result: SignInResult) => {
    if (result.status === 'in') return window.location.assign(next);
    setBusy(null);
    if (result.status === 'code') return setStep('code');
    setRefused(result.message);
    if (step === 'code') set('code')('');
  };
  const passkey = choices.passkeys ? (
    <Button busy={busy === 'passkey'} onClick={() => void byPasskey()}>
      <KeyRound className="size-4" aria-hidden />
      Use a passkey
    </Button>
  ) : null;

  return (
    // By POST also where it is sent before the page came alive: a password belongs in no address.
    <form method="post" onSubmit={submit} className="grid gap-4" aria-label="Sign in">
      {step === 'password' ? (
        <>
          <Text
            label="Name"
            name="username"
            value={fields.name}
            onChange={set('name')}
            autoComplete="username"
          />
          <Text
            label="Password"
            name="password"
            type="password"
            value={fields.password}
            onChange={set('password')}
            autoComplete="current-password"
          />
        </>
      ) : (
        <Text
          key="code"
          label="Code"
          name="code"
          hint="Six digits from your authenticator, or a recovery code."
          value={fields.code}
          onChange={set('code')}
          autoComplete="one-time-code"
        />
      )}
      <p role="alert" className={refused ? 'rounded-md bg-bad-soft px-2.5 py-1.5 text-bad' : 'sr-only'}>
        {refused}
      </p>
      <Button type="submit" kind="primary" busy={busy === 'form'}>
        {step === 'password' ? 'Sign in' : 'Confirm'}
      </Button>
      {passkey || (choices.provider && step === 'password') ? (
        <div className="flex items-center gap-3 text-ink-3 text-sm" aria-hidden>
          <span className="h-px flex-1 bg-line" />
          or
          <span className="h-px flex-1 bg-line" />
        </div>
      ) : null}
      {passkey}
      {choices.provider && step === 'password' ? (
        <a
          href={choices.provider.href}
          className="inline-flex h-8 items-center justify-center rounded-md border border-line-strong bg-surface px-3 font-medium hover:bg-sunken"
        >
          Continue with {choices.provider.label}
        </a>
      ) : null}
      {step === 'code' ? (
        <Button
          kind="quiet"
          onClick={() => {
            setFields({ name: '', password: '', code: '' });
            setRefused(null);
            setStep('password');
          }}
        >
          Sign in as somebody else
        </Button>
      ) : null}
    </form>
  );
}

interface TextProps {
  label: string;
  name: string;
  value: string;
  onChange: (value: string) => void;
  autoComplete: string;
  type?: string;
  hint?: string;
}

function Text({ label, hint, onChange, name, ...rest }: TextProps) {
  return (
    <Field label={label} hint={hint}>
      {props => (
        <Input
          {...props}
          {...rest}
          name={name}
          onChange={event => onChange(event.target.value)}
          autoCapitalize="off"
          spellCheck={false}
          autoFocus={name !== 'password'}
          required
          maxLength={200}
          className="h-9"
        />
      )}
    </Field>
  );
}
