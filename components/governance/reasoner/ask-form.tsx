'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Field, Input, Select } from '#components/ui/input.tsx';
import { useAsk } from './use-ask.ts';

/** Which tenant, within which context, about which score: the newest, unless one is named. */
export function AskForm({ tenant: given, risk: named }: { tenant?: string; risk?: string }) {
  const trpc = useTRPC();
  const why = useWhyNot('proposal:ask');
  const [chosen, setChosen] = useState(given ?? '');
  const [context, setContext] = useState('');
  const [risk, setRisk] = useState(named ?? '');
  const { data: tenants } = useQuery(trpc.tenants.list.queryOptions({ limit: 200 }));
  const tenant = chosen || tenants?.rows[0]?.id || '';
  const { data: contexts } = useQuery({
    ...trpc.proposals.contexts.queryOptions({ tenant }),
    enabled: tenant !== '',
  });
  const { data: latest, error: noRisk } = useQuery({
    ...trpc.risks.latest.queryOptions({ tenant_id: tenant }),
    enabled: tenant !== '',
  });
  const ask = useAsk();
  const contextId = context || contexts?.rows[0]?.id || '';
  const riskId = risk.trim() || latest?.id || '';
  const missing =
    tenant === ''
      ? 'Choose a tenant first.'
      : contextId === ''
        ? 'This tenant has no context yet.'
        : riskId === ''
          ? 'There is no score of this tenant yet.'
          : null;
  return (
    <Card title="Ask for a proposal" className="pb-3.5">
      <form
        className="grid items-end gap-3 px-3.5 pt-2 sm:grid-cols-2 lg:grid-cols-[1fr_1fr_1fr_auto]"
        onSubmit={event => {
          event.preventDefault();
          if (!missing && !why && !ask.isPending)
            ask.mutate({ tenant_id: tenant, context_id: contextId, risk_id: riskId });
        }}
      >
        <Field label="Tenant">
          {props => (
            <Select
              {...props}
              value={tenant}
              onChange={event => {
                setChosen(event.target.value);
                setContext('');
                setRisk('');
              }}
            >
              {(tenants?.rows ?? []).map(row => (
                <option key={row.id} value={row.id}>
                  {row.name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Context">
          {props => (
            <Select {...props} value={contextId} onChange={event => setContext(event.target.value)}>
              {contextId === '' ? (
                <option value="">{contexts ? 'No context yet' : 'Reading the contexts …'}</option>
              ) : null}
              {(contexts?.rows ?? []).map(row => (
                <option key={row.id} value={row.id}>
                  {row.id}: {row.title}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Score" error={noRisk ? messageOf(noRisk) : undefined}>
          {props => (
            <Input
              {...props}
              value={risk}
              placeholder={latest ? `newest: ${latest.id}` : 'id of a score'}
              onChange={event => setRisk(event.target.value)}
              spellCheck={false}
            />
          )}
        </Field>
        <Button kind="primary" type="submit" busy={ask.isPending} why={why ?? missing}>
          Propose
        </Button>
      </form>
      <p role="alert" className={ask.error ? 'px-3.5 pt-2 text-bad' : 'sr-only'}>
        {ask.error ? messageOf(ask.error) : ''}
      </p>
    </Card>
  );
}
