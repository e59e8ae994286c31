'use client';

import type { ReactNode } from 'react';
import { IdChip } from '#components/console/id-chip.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { KeyListRow } from '#server/platform/keys/schema.ts';
import { algorithmWords, originWords, shortPrint, stateWords, useWords } from './key-words.ts';

interface Props {
  of: KeyListRow;
  why: string | null;
  onChange: (kind: 'rotate' | 'revoke') => void;
}

export function KeyItem({ of: key, why, onChange }: Props) {
  const { tone, word } = stateWords[key.state];
  const name = `${algorithmWords[key.algorithm]} ${shortPrint(key.id)}`;
  return (
    <li className="grid gap-x-4 gap-y-2 px-3.5 py-3 md:grid-cols-[minmax(14rem,1fr)_minmax(16rem,1.4fr)_16rem]">
      <div className="grid content-start gap-1">
        <span className="flex flex-wrap items-center gap-2">
          <span className="font-medium">{algorithmWords[key.algorithm]}</span>
          <Pill tone={tone}>{word}</Pill>
          {key.simulated ? <SimulatedBadge label="Simulation key" /> : null}
        </span>
        <IdChip id={key.id} label={`Copy the fingerprint of ${name}`} />
      </div>
      <dl className="grid content-start gap-y-0.5 text-sm">
        <Fact label="Used for">
          {key.uses.length > 0 ? key.uses.map(use => useWords[use].title).join(', ') : 'nothing any more'}
        </Fact>
        <Fact label="Origin">
          {originWords[key.origin]}
          {key.reference ? <span className="text-ink-3"> · {key.reference}</span> : null}
        </Fact>
        <Fact label="Since">
          <Time at={key.createdAt} />
        </Fact>
        {key.verifyUntil && key.state !== 'revoked' ? (
          <Fact label="Verifies until">{key.verifyUntil.slice(0, 16).replace('T', ' ')} UTC</Fact>
        ) : null}
        {key.revokedAt ? (
          <Fact label="Revoked">
            <Time at={key.revokedAt} /> · {key.revokedReason}
          </Fact>
        ) : null}
      </dl>
      <div className="flex flex-wrap items-start gap-2 md:justify-end">
        <span className="inline-flex h-7 items-center gap-1 text-ink-2 text-sm">
          Public key <CopyButton text={key.publicKey} label={`Copy the public key of ${name} as PEM`} />
        </span>
        {key.state === 'active' ? (
          <Button size="sm" why={why} onClick={() => onChange('rotate')} aria-label={`Rotate ${name}`}>
            Rotate
          </Button>
        ) : null}
        {key.state === 'revoked' ? null : (
          <Button
            size="sm"
            kind="danger"
            why={why}
            onClick={() => onChange('revoke')}
            aria-label={`Revoke ${name}`}
          >
            Revoke
          </Button>
        )}
      </div>
    </li>
  );
}

const Fact = ({ label, children }: { label: string; children: ReactNode }) => (
  <div className="flex gap-2">
    <dt className="w-24 shrink-0 text-ink-3">{label}</dt>
    <dd className="min-w-0 [overflow-wrap:anywhere]">{children}</dd>
  </div>
);
