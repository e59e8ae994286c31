'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { ErrorState, NoPermission } from '#components/console/states.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import type { KeyListRow } from '#server/platform/keys/schema.ts';
import { useMe, useWhyNot } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { KeyChange } from './key-change.tsx';
import { KeyItem } from './key-item.tsx';
import { algorithmWords, shortPrint, useWords } from './key-words.ts';

export function KeysView() {
  const trpc = useTRPC();
  const may = useMe().permissions.includes('key:read');
  const why = useWhyNot('key:write');
  const [change, setChange] = useState<{ of: KeyListRow; kind: 'rotate' | 'revoke' } | null>(null);
  const { data, error, isPending } = useQuery({ ...trpc.keys.list.queryOptions(), enabled: may });
  if (!may)
    return (
      <NoPermission title="Signing keys are not visible to you">
        The permission key:read is needed. Public keys are at{' '}
        <a className="link" href="/api/v1/keys">
          /api/v1/keys
        </a>
        .
      </NoPermission>
    );
  if (error) return <ErrorState title="The keys could not be read">{messageOf(error)}</ErrorState>;
  if (isPending) return <Skeleton className="h-60" />;
  const { rows } = data;
  return (
    <>
      <KeysVerdict rows={rows} />
      <p className="max-w-3xl text-ink-2">
        Everything is signed twice over the same bytes, with a classical and with a post-quantum key, and
        counts only when both hold. Public keys, for whoever verifies, are at{' '}
        <a className="link" href="/api/v1/keys">
          /api/v1/keys
        </a>
        . COSIGN_KEY_PATH with COSIGN_PASSWORD, VAULT_TRANSIT_KEY, or SIGNING_KEY_PATH brings a key of your
        own at the next start.
      </p>
      <div className="grid gap-4 md:grid-cols-2">
        {(['artefacts', 'ledger'] as const).map(use => (
          <Card key={use} title={useWords[use].title} className="pb-3">
            <p className="px-3.5 text-ink-2">{useWords[use].about}</p>
            <ul className="mt-2 grid gap-1 px-3.5">
              {rows
                .filter(key => key.uses.includes(use))
                .toSorted((a, b) => a.algorithm.localeCompare(b.algorithm))
                .map(key => (
                  <li key={key.id} className="flex flex-wrap items-center gap-2">
                    <span className="font-medium">{algorithmWords[key.algorithm]}</span>
                    <span className="font-mono text-sm">{shortPrint(key.id)}</span>
                    {key.simulated ? <SimulatedBadge label="Simulation key" /> : null}
                  </li>
                ))}
            </ul>
          </Card>
        ))}
      </div>
      <Card title="All keys" end={`${rows.length}`} className="pb-1">
        <ul className="mt-2 divide-y">
          {rows.map(key => (
            <KeyItem key={key.id} of={key} why={why} onChange={kind => setChange({ of: key, kind })} />
          ))}
        </ul>
      </Card>
      {change ? <KeyChange {...change} onClose={() => setChange(null)} /> : null}
    </>
  );
}

function KeysVerdict({ rows }: { rows: readonly KeyListRow[] }) {
  const artefacts = rows.filter(key => key.uses.includes('artefacts'));
  const classical = artefacts.find(key => key.algorithm !== 'ml-dsa-65');
  if (artefacts.length < 2 || !classical)
    return (
      <Verdict>
        <Phrase href="/settings/environment#gateways" tone="bad">
          A key is missing: nothing can be signed.
        </Phrase>
      </Verdict>
    );
  if (classical.simulated)
    return (
      <Verdict>
        <Phrase href="/settings/environment#gateways" tone="sim">
          A simulation key signs artefacts
        </Phrase>
        : nobody outside this console vouches for it, so P2 stays blocked.
      </Verdict>
    );
  return (
    <Verdict>
      Your {algorithmWords[classical.algorithm]} key {shortPrint(classical.id)} signs artefacts, together with
      a post-quantum key.
    </Verdict>
  );
}
