'use client';

import { Button } from '#components/ui/button.tsx';
import { Field, Input } from '#components/ui/input.tsx';
import { fieldMessage, formMessage } from '../identity/form-errors.ts';

interface Props {
  label: string;
  hint: string;
  name: string;
  onName: (name: string) => void;
  /** The first factor asks for it; null where it does not. */
  password: string | null;
  onPassword: (password: string) => void;
  error: unknown;
  busy: boolean;
  onCancel: () => void;
}

/** What every new factor asks for first: a name to recognise it by, and for the first one the password again. */
export function EnrolFields({
  label,
  hint,
  name,
  onName,
  password,
  onPassword,
  error,
  busy,
  onCancel,
}: Props) {
  return (
    <>
      <Field label={label} hint={hint} error={fieldMessage(error, 'name')}>
        {props => (
          <Input
            {...props}
            value={name}
            onChange={event => onName(event.target.value)}
            maxLength={60}
            required
            autoFocus
          />
        )}
      </Field>
      {password === null ? null : (
        <Field
          label="Your password"
          hint="Asked for with the first one, to show that it is you who adds it."
          error={fieldMessage(error, 'currentPassword')}
        >
          {props => (
            <Input
              {...props}
              type="password"
              value={password}
              onChange={event => onPassword(event.target.value)}
              autoComplete="current-password"
              maxLength={200}
              required
            />
          )}
        </Field>
      )}
      <p role="alert" className={error ? 'text-bad' : 'sr-only'}>
        {formMessage(error, ['name', 'currentPassword'])}
      </p>
      <EnrolFooter onCancel={onCancel} busy={busy} label="Continue" />
    </>
  );
}

export function EnrolFooter({
  onCancel,
  busy,
  label,
}: {
  onCancel: () => void;
  busy: boolean;
  label: string;
}) {
  return (
    <div className="flex justify-end gap-2">
      <Button onClick={onCancel}>Cancel</Button>
      <Button type="submit" kind="primary" busy={busy}>
        {label}
      </Button>
    </div>
  );
}
