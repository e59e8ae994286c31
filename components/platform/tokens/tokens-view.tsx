'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { Pager } from '#components/console/pager.tsx';
import { ShownOnce } from '#components/console/shown-once.tsx';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import { Pill } from '#components/ui/pill.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import { toast } from '#components/ui/toast.ts';
import type { TokenListRow } from '#server/platform/tokens/schema.ts';
import { useWhyNot } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC } from '../live/trpc.ts';
import { useStepUpMutation } from '../mfa/use-step-up-mutation.ts';
import { TokenForm } from './token-form.tsx';

export function TokensView() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('token:write');
  const [offset, setOffset] = useState(0);
  const tokens = useQuery(trpc.tokens.list.queryOptions({ sort: 'createdAt', dir: 'desc', offset }));
  const [creating, setCreating] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<TokenListRow | null>(null);
  const revoke = useStepUpMutation(
    trpc.tokens.revoke.mutationOptions({
      onSuccess: async token => {
        await queries.invalidateQueries(trpc.tokens.pathFilter());
        toast.success(`${token.name} is revoked.`);
      },
    }),
  );
  const create = (
    <Button kind="primary" onClick={() => setCreating(true)} why={why}>
      New token
    </Button>
  );

  return (
    <>
      <header className="flex flex-wrap items-center gap-3">
        <h1 className="font-semibold text-xl">API tokens</h1>
        <span className="text-ink-2">What services sign in with, as a bearer token.</span>
        <span className="ml-auto">{create}</span>
      </header>
      <Card className="min-w-0">
        {tokens.isPending ? <Skeleton className="m-3.5 h-32" /> : null}
        {tokens.error ? (
          <ErrorState title="The tokens could not be read">{messageOf(tokens.error)}</ErrorState>
        ) : null}
        {tokens.data?.rows.length === 0 && offset === 0 ? (
          <EmptyState title="No tokens" action={create}>
            A token lets a service call the API with the roles you give it, until it expires.
          </EmptyState>
        ) : null}
        {tokens.data && tokens.data.rows.length > 0 ? (
          <TokenTable rows={tokens.data.rows} why={why} onRevoke={setRevoking} />
        ) : null}
        <Pager offset={offset} next={tokens.data?.nextOffset ?? null} onOffset={setOffset} />
      </Card>
      <TokenForm open={creating} onClose={() => setCreating(false)} onCreated={setSecret} />
      <ShownOnce
        title="New API token"
        about="Put it where the service reads it. It is shown this once; only its hash is kept."
        secret={secret}
        onDone={() => setSecret(null)}
      />
      {revoking ? (
        <DangerDialog
          open
          onOpenChange={open => !open && setRevoking(null)}
          title={`Revoke ${revoking.name}`}
          blast="Every call with this token is refused from now on. It cannot be undone."
          typeName={revoking.name}
          needs="Needs a second factor given within ten minutes."
          action="Revoke"
          onConfirm={reason => revoke.mutateAsync({ id: revoking.id, reason })}
        />
      ) : null}
    </>
  );
}

interface TableProps {
  rows: readonly TokenListRow[];
  why: string | null;
  onRevoke: (token: TokenListRow) => void;
}

const wide = 'hidden px-3.5 py-2 md:table-cell';
const heads = [
  { label: 'Name' },
  { label: 'Token', wide },
  { label: 'Roles' },
  { label: 'Last used', wide },
  { label: 'Expires', wide },
  { label: 'State' },
  { label: '' },
];

function TokenTable({ rows, why, onRevoke }: TableProps) {
  return (
    <ScrollArea label="API tokens">
      <table className="w-full border-collapse text-left">
        <thead className="text-ink-2 text-sm">
          <tr>
            {heads.map(head => (
              <th key={head.label} scope="col" className={cn('font-normal', head.wide ?? 'px-3.5 py-2')}>
                {head.label || <span className="sr-only">Actions</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(token => {
            const state = stateOf(token);
            return (
              <tr key={token.id} className="border-t">
                <td className="px-3.5 py-2 font-medium">{token.name}</td>
                <td className={cn(wide, 'font-mono text-sm')}>{token.hint}…</td>
                <td className="px-3.5 py-2">
                  {token.roles.join(', ')}
                  {token.permissions.length > 0 ? (
                    <span className="text-ink-3" title={token.permissions.join(', ')}>
                      {' '}
                      ({token.permissions.length} permissions only)
                    </span>
                  ) : null}
                  {token.tenantId ? <span className="text-ink-3"> · tenant {token.tenantId}</span> : null}
                </td>
                <td className={wide}>
                  <Time at={token.lastUsedAt} />
                </td>
                <td className={wide}>
                  <Time at={token.expiresAt} />
                </td>
                <td className="px-3.5 py-2">
                  <Pill tone={state === 'active' ? 'ok' : 'idle'}>{state}</Pill>
                </td>
                <td className="px-3.5 py-2 text-right">
                  {state === 'active' ? (
                    <Button
                      size="sm"
                      kind="danger"
                      why={why}
                      onClick={() => onRevoke(token)}
                      aria-label={`Revoke ${token.name}`}
                    >
                      Revoke
                    </Button>
                  ) : null}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollArea>
  );
}

function stateOf(token: TokenListRow): 'active' | 'revoked' | 'expired' {
  if (token.revokedAt) return 'revoked';
  return Date.parse(token.expiresAt) <= Date.now() ? 'expired' : 'active';
}
