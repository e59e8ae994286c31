'use client';

import { KeyRound, Smartphone } from 'lucide-react';
import type { ReactNode } from 'react';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { Factors } from '#server/platform/mfa/schema.ts';

export interface ListedFactor {
  kind: 'passkey' | 'device';
  id: string;
  name: string;
}

interface Props {
  factors: Factors;
  /** Why nothing can be removed now, or null. */
  keep: string | null;
  onRename: (factor: ListedFactor) => void;
  onRemove: (factor: ListedFactor) => void;
}

/** Passkeys before devices: they are what confirms most. */
export function FactorList({ factors, keep, onRename, onRemove }: Props) {
  const row = (factor: ListedFactor, notes: ReactNode) => (
    <li key={factor.id} className="flex flex-wrap items-center gap-x-3 gap-y-2 px-3 py-2.5">
      <span className="rounded-md bg-sunken p-1.5 text-ink-2">
        {factor.kind === 'passkey' ? (
          <KeyRound className="size-4" aria-hidden />
        ) : (
          <Smartphone className="size-4" aria-hidden />
        )}
      </span>
      <span className="grid min-w-40 flex-1 gap-0.5">
        <span className="flex flex-wrap items-center gap-2">
          <span className="font-medium">{factor.name}</span>
          <span className="text-ink-3 text-sm">
            {factor.kind === 'passkey' ? 'Passkey' : 'Authenticator app'}
          </span>
        </span>
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1 text-ink-2 text-sm">{notes}</span>
      </span>
      <span className="flex gap-2">
        <Button size="sm" onClick={() => onRename(factor)} aria-label={`Rename ${factor.name}`}>
          Rename
        </Button>
        <Button
          size="sm"
          kind="danger"
          why={keep}
          onClick={() => onRemove(factor)}
          aria-label={`Remove ${factor.name}`}
        >
          Remove
        </Button>
      </span>
    </li>
  );
  return (
    <ul className="divide-y rounded-md border" aria-label="Your factors">
      {factors.passkeys.map(({ id, name, synced, createdAt, lastUsedAt, suspectedAt }) =>
        row(
          { kind: 'passkey', id, name },
          <>
            <span>
              enrolled <Time at={createdAt} />
            </span>
            <span>
              {lastUsedAt ? (
                <>
                  used <Time at={lastUsedAt} />
                </>
              ) : (
                'not used yet'
              )}
            </span>
            <span>{synced ? 'synced between devices' : 'on one device'}</span>
            {suspectedAt ? <Pill tone="bad">may have been copied: refused, remove it</Pill> : null}
          </>,
        ),
      )}
      {factors.devices.map(({ id, name, createdAt }) =>
        row(
          { kind: 'device', id, name },
          <span>
            enrolled <Time at={createdAt} />
          </span>,
        ),
      )}
    </ul>
  );
}
