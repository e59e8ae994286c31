'use client';

import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Field, Input } from '#components/ui/input.tsx';
import { submitSignIn } from './sign-in-client.ts';

/** Password first; who has a second factor is asked for it as a second step. */
export function SignInForm({ next }: { next: string }) {
  const [step, setStep] = useState<'password' | 'code'>('password');
  const [fields, setFields] = useState({ name: '', password: '', code: '' });
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const set = (field: keyof typeof fields) => (value: string) =>
    setFields(current => ({ ...current, [field]: value }));

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setRefused(null);
    const { name, password, code } = fields;
    const result = await submitSignIn({ name, password, ...(step === 'code' ? { code } : {}) });
    if (result.status === 'in') return window.location.assign(next);
    setBusy(false);
    if (result.status === 'code') return setStep('code');
    setRefused(result.message);
    if (step === 'code') set('code')('');
  };

  return (
    <form onSubmit={submit} className="grid gap-4" aria-label="Sign in">
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
      <Button type="submit" kind="primary" busy={busy}>
        {step === 'password' ? 'Sign in' : 'Confirm'}
      </Button>
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
