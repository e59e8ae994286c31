'use client';

import { Field, Input } from '#components/ui/input.tsx';
import { fieldMessage } from '../identity/form-errors.ts';
import { messageOf } from '../live/problem.ts';

interface Props {
  value: string;
  onChange: (code: string) => void;
  error?: unknown;
  /** A new device is confirmed by its own code only. */
  totpOnly?: boolean;
}

/** One field for both: six digits come from the authenticator, anything else is a recovery code. */
export function CodeField({ value, onChange, error, totpOnly }: Props) {
  return (
    <Field
      label={totpOnly ? 'Code shown by the device' : 'Code'}
      hint={totpOnly ? 'Six digits.' : 'Six digits from your authenticator, or a recovery code.'}
      error={error ? (fieldMessage(error, 'code') ?? messageOf(error)) : undefined}
    >
      {props => (
        <Input
          {...props}
          name="code"
          value={value}
          onChange={event => onChange(event.target.value)}
          autoComplete="one-time-code"
          autoCapitalize="off"
          spellCheck={false}
          inputMode={totpOnly ? 'numeric' : 'text'}
          maxLength={40}
          required
          autoFocus
          className="num font-mono"
        />
      )}
    </Field>
  );
}
