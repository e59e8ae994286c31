'use client';

import { Checkbox } from '#components/ui/input.tsx';
import type { UserRole } from '#server/platform/identity/schema.ts';
import { roleWords, userRoleNames } from './role-words.ts';

interface Props {
  value: readonly UserRole[];
  onChange: (roles: UserRole[]) => void;
  error?: string | undefined;
}

export function RolePicker({ value, onChange, error }: Props) {
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1 font-medium">Roles</legend>
      {userRoleNames.map(role => (
        <Checkbox
          key={role}
          checked={value.includes(role)}
          onChange={event =>
            onChange(event.target.checked ? [...value, role] : value.filter(held => held !== role))
          }
          label={
            <span>
              {roleWords[role].label} <span className="text-ink-3 text-sm">{roleWords[role].may}</span>
            </span>
          }
        />
      ))}
      {error ? <p className="text-bad text-sm">{error}</p> : null}
    </fieldset>
  );
}
