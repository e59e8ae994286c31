'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { IdChip } from '#components/console/id-chip.tsx';
import { EmptyState, ErrorState, NoPermission } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Phrase, Verdict } from '#components/console/verdict.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { TenantKeyRow } from '#server/platform/tokens/schema.ts';
import { useMe, useWhyNot } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { RotateKeyDialog } from './rotate-key-dialog.tsx';

const jwksPath = '/.well-known/jwks.json';

/** The key that signs tenants' own tokens: which one it is, which ones still count, and how to change it. */
export function TenantKeysPage() {
  const trpc = useTRPC();
  const may = useMe().permissions.includes('token:read');
  const why = useWhyNot('token:write');
  const [rotating, setRotating] = useState(false);
  const { data, error, isPending, refetch } = useQuery({ ...trpc.tokens.keys.queryOptions(), enabled: may });
  if (!may)
    return (
      <NoPermission title="The signing key is not visible to you">
        The permission token:read is needed; administrators and auditors have it.
      </NoPermission>
    );
  if (error)
    return (
      <ErrorState
        title="The keys could not be read"
        action={<Button onClick={() => void refetch()}>Try again</Button>}
      >
        {messageOf(error)}
      </ErrorState>
    );
  if (isPending) return <Skeleton className="h-60" />;
  const current = data.rows.find(row => row.retiredAt === null);
  const good = data.rows.filter(row => row.goodUntil !== null);
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <Verdict>
          {current ? (
            <>
              One key has signed tenants’ tokens since <Time at={current.createdAt} />
              {good.length > 0
                ? `; tokens of ${good.length === 1 ? 'one older key' : `${good.length} older keys`} still count`
                : ''}
              .
            </>
          ) : (
            'No tenant’s token was signed yet: the first one makes the key.'
          )}
        </Verdict>
        <Button kind="danger" className="ml-auto" why={why} onClick={() => setRotating(true)}>
          Rotate key
        </Button>
      </div>
      <p className="max-w-3xl text-ink-2">
        A service of one tenant works with a short token, good for {data.maxTokenMinutes} minutes at most,
        that this key signs (Ed25519). API tokens of people and services have nothing to do with it: they are{' '}
        <Phrase href="/settings/tokens">on their own page</Phrase>. Others verify against the published keys:
      </p>
      <p className="-mt-3 flex items-center gap-2">
        <code className="font-mono text-sm [overflow-wrap:anywhere]">{jwksPath}</code>
        <CopyButton
          text={typeof location === 'undefined' ? jwksPath : `${location.origin}${jwksPath}`}
          label="Copy the address of the published keys"
        />
      </p>
      <Card title="Keys" end={data.rows.length} className="pb-1">
        {data.rows.length === 0 ? (
          <EmptyState title="No key yet">
            It is made when the first tenant’s token is asked for, or now, by rotating.
          </EmptyState>
        ) : (
          <ul className="mt-2 divide-y">
            {data.rows.map(key => (
              <KeyRow key={key.id} row={key} />
            ))}
          </ul>
        )}
      </Card>
      <RotateKeyDialog
        open={rotating}
        onOpenChange={setRotating}
        current={current?.id ?? null}
        maxTokenMinutes={data.maxTokenMinutes}
      />
    </>
  );
}

function KeyRow({ row }: { row: TenantKeyRow }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3.5 py-2.5">
      <IdChip id={row.id} label="Copy key id" />
      <span className="text-ink-2">{row.algorithm}</span>
      {row.retiredAt === null ? (
        <Pill tone="ok">signs</Pill>
      ) : row.goodUntil !== null ? (
        <Pill tone="watch">its tokens still count</Pill>
      ) : (
        <Pill>retired</Pill>
      )}
      <span className="ml-auto text-ink-2 text-sm">
        made <Time at={row.createdAt} />
        {row.retiredAt !== null ? (
          <>
            , retired <Time at={row.retiredAt} />
          </>
        ) : null}
        {row.goodUntil !== null ? (
          <>
            , tokens end <Time at={row.goodUntil} />
          </>
        ) : null}
      </span>
    </li>
  );
}
