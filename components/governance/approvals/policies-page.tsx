'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { useState } from 'react';
import { ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { Verdict } from '#components/console/verdict.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Tabs } from '#components/ui/tabs.tsx';
import type { PolicyRow } from '#server/governance/approvals/schema.ts';
import { Delegations } from './delegations.tsx';
import { PolicyForm } from './policy-form.tsx';
import { Reviews } from './reviews.tsx';

export function PoliciesPage() {
  const trpc = useTRPC();
  const [tab, setTab] = useQueryState('tab', parseAsString.withDefault('policies'));
  const { data, error, isPending } = useQuery(trpc.approvals.policies.queryOptions());
  const [editing, setEditing] = useState<PolicyRow | null>(null);
  const n = data?.rows.length ?? 0;
  return (
    <>
      <Verdict>
        {data
          ? `${n} ${n === 1 ? 'kind of command needs' : 'kinds of commands need'} somebody’s approval.`
          : 'Reading the policies …'}
      </Verdict>
      <Tabs
        label="Approval policies"
        value={tab}
        onChange={next => void setTab(next)}
        tabs={[
          {
            id: 'policies',
            label: 'Policies',
            content: (
              <div className="grid gap-3">
                {error ? (
                  <ErrorState title="The policies could not be read">{messageOf(error)}</ErrorState>
                ) : null}
                {isPending ? <Skeleton className="h-48" /> : null}
                {data?.rows.map(row => (
                  <PolicyCard key={row.id} row={row} onEdit={() => setEditing(row)} />
                ))}
              </div>
            ),
          },
          { id: 'delegations', label: 'Delegations', content: <Delegations /> },
          { id: 'reviews', label: 'Reviews owed', content: <Reviews /> },
        ]}
      />
      {editing ? <PolicyForm key={editing.id} policy={editing} onClose={() => setEditing(null)} /> : null}
    </>
  );
}

const minutes = (n: number) => (n % 1440 === 0 ? `${n / 1440} d` : n % 60 === 0 ? `${n / 60} h` : `${n} min`);

function PolicyCard({ row, onEdit }: { row: PolicyRow; onEdit: () => void }) {
  const why = useWhyNot('approval:policy');
  const { terms } = row;
  const facts: [string, string][] = [
    ['Asked', row.when],
    ['Commands', row.procedures.join(', ')],
    ['Needs', row.needs],
    ['Factor', terms.factors.map(f => (f === 'totp' ? 'code' : 'passkey')).join(' or ')],
    ['Ends after', minutes(terms.ttlMinutes)],
    ['Reminds after', terms.remindMinutes === null ? 'never' : minutes(terms.remindMinutes)],
    [
      'Escalates after',
      terms.escalateMinutes === null
        ? 'never'
        : `${minutes(terms.escalateMinutes)}, to ${terms.escalateTo.join(', ') || 'nobody more'}`,
    ],
    [
      'Break-glass',
      terms.breakGlass
        ? `${terms.breakGlass.users.join(', ')}, for ${terms.breakGlass.ttlMinutes} min`
        : 'nobody',
    ],
  ];
  return (
    <Card
      title={row.title}
      end={
        <Button size="sm" why={why} onClick={onEdit} aria-label={`Edit: ${row.title}`}>
          Edit
        </Button>
      }
    >
      <dl className="grid grid-cols-2 gap-x-6 gap-y-2 p-3.5 lg:grid-cols-4">
        {facts.map(([label, value]) => (
          <div key={label} className="min-w-0">
            <dt className="text-ink-3 text-sm">{label}</dt>
            <dd className="[overflow-wrap:anywhere]">{value}</dd>
          </div>
        ))}
      </dl>
      <p className="border-t px-3.5 py-2 text-ink-2 text-sm">
        Version {row.version}
        {row.changedBy ? (
          <>
            , changed by {row.changedBy} <Time at={row.changedAt} />
          </>
        ) : (
          ', as it came'
        )}
      </p>
    </Card>
  );
}
