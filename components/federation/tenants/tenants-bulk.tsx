'use client';

import { useQueryClient } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { useState } from 'react';
import type { BulkPlan } from '#components/console/bulk-dialog.tsx';
import type { BulkAction, Chosen } from '#components/console/data-table/bulk-bar.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { useStepUp } from '#components/platform/mfa/step-up.tsx';
import type { MatchingTenantsInput } from '#server/federation/tenants/schema.ts';

const BulkDialog = dynamic(() => import('#components/console/bulk-dialog.tsx').then(m => m.BulkDialog), {
  ssr: false,
});

type Filter = Omit<MatchingTenantsInput, 'after' | 'limit'>;
type To = 'active' | 'suspended';

const some = (n: number) => `${n.toLocaleString('en')} ${n === 1 ? 'tenant' : 'tenants'}`;

/** Suspending and reinstating several: the same command and the same rules as for one. */
export function useTenantsBulk(filter: Filter) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const guard = useStepUp();
  const why = useWhyNot('tenant:write');
  const [asked, setAsked] = useState<{ to: To; chosen: Chosen } | null>(null);
  const action = (to: To, label: string, kind: 'danger' | 'plain'): BulkAction => ({
    id: to,
    label,
    kind,
    why,
    run: chosen => setAsked({ to, chosen }),
  });
  const change = (to: To) => {
    // One key a batch: sent again after a cut line, it is answered from what was done.
    return (ids: string[], reason: string) => {
      const idempotencyKey = crypto.randomUUID();
      return guard(() =>
        client.tenants.changeStates.mutate({ ids, to, reason }, { context: { idempotencyKey } }),
      ).catch(error => Promise.reject(new Error(messageOf(error))));
    };
  };
  const resolve = async ({ ids }: Chosen): Promise<string[]> => {
    if (ids !== null) return ids;
    const all: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await client.tenants.matching
        .query({ ...filter, ...(after === undefined ? {} : { after }) })
        .catch(error => Promise.reject(new Error(messageOf(error))));
      all.push(...page.ids);
      if (page.next === null) return all;
      after = page.next;
    }
  };
  const planOf = ({ to, chosen }: { to: To; chosen: Chosen }): BulkPlan => {
    const suspend = to === 'suspended';
    const names = some(chosen.count);
    return {
      title: `${suspend ? 'Suspend' : 'Reinstate'} ${names}`,
      blast: suspend
        ? `${names}: their tokens stop working at once. Their data stays where it is.`
        : `${names}: their tokens work again at once.`,
      ...(suspend ? { typeName: `suspend ${chosen.count}` } : {}),
      action: `${suspend ? 'Suspend' : 'Reinstate'} ${names}`,
      resolve: () => resolve(chosen),
      run: change(to),
      undo: {
        label: suspend ? 'Undo: reinstate them' : 'Undo: suspend them again',
        run: change(suspend ? 'active' : 'suspended'),
      },
    };
  };
  const dialog = asked ? (
    <BulkDialog
      plan={planOf(asked)}
      nameOf={id => id}
      onClose={result => {
        setAsked(null);
        if (result.changed.length + result.already.length > 0) asked.chosen.clear();
        void queries.invalidateQueries({ queryKey: trpc.tenants.pathKey() });
      }}
    />
  ) : null;
  return {
    actions: [action('suspended', 'Suspend', 'danger'), action('active', 'Reinstate', 'plain')],
    dialog,
  };
}
