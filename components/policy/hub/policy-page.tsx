'use client';

import { useMutation, useQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { useState } from 'react';
import { ConfirmDialog } from '#components/console/confirm-dialog.tsx';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { Properties, StatusHeader } from '#components/console/detail.tsx';
import { IdChip } from '#components/console/id-chip.tsx';
import { JsonView } from '#components/console/json-view.tsx';
import { SimulatedBadge } from '#components/console/simulated-badge.tsx';
import { ErrorState, NotFoundState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { announceWaiting, WaitingFor } from '#components/governance/approvals/waiting.tsx';
import { TargetTimeline } from '#components/governance/audit/target-timeline.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf, problemIn } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { useStepUpMutation } from '#components/platform/mfa/use-step-up-mutation.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Tabs } from '#components/ui/tabs.tsx';
import type { PolicyDetail } from '#server/policy/hub/schema.ts';
import { policyKindNames } from './kind-words.ts';
import { PolicyEditor } from './policy-editor.tsx';
import { PolicyState } from './policy-state.tsx';
import { Propagation } from './propagation.tsx';

export function PolicyPage({ id }: { id: string }) {
  const trpc = useTRPC();
  const [tab, setTab] = useQueryState('tab', parseAsString.withDefault('overview'));
  const [dialog, setDialog] = useState<'edit' | 'revoke' | null>(null);
  const [backTo, setBackTo] = useState<number | null>(null);
  const why = useWhyNot('policy:write');
  const { data: policy, error, isPending } = useQuery(trpc.policies.get.queryOptions({ id }));
  const rollback = useMutation(trpc.policies.rollback.mutationOptions());
  const revoke = useStepUpMutation(trpc.policies.revoke.mutationOptions());
  if (problemIn(error)?.kind === 'not_found')
    return (
      <NotFoundState title={`No policy "${id}"`}>It does not exist, or is not visible to you.</NotFoundState>
    );
  if (error) return <ErrorState title="The policy could not be read">{messageOf(error)}</ErrorState>;
  if (isPending) return <Skeleton className="h-40" />;
  const newest = policy.versions[0];
  return (
    <>
      <StatusHeader
        title={policy.id}
        badges={
          <>
            <PolicyState state={policy.state} />
            {policy.version?.simulationKey ? <SimulatedBadge /> : null}
          </>
        }
        desired={newest ? `version ${newest.version}, ${newest.state}` : 'nothing published'}
        observed={
          policy.activeVersion === null
            ? 'nothing active'
            : `version ${policy.activeVersion} since epoch ${policy.activeEpoch}`
        }
        synced={<Time at={policy.updatedAt} />}
        actions={
          <>
            <Button kind="primary" why={why} onClick={() => setDialog('edit')}>
              New version
            </Button>
            <Button
              kind="danger"
              why={policy.activeVersion === null ? 'Nothing of it is active.' : why}
              onClick={() => setDialog('revoke')}
            >
              Revoke
            </Button>
          </>
        }
      />
      <WaitingFor subject={`policy:${policy.id}`} />
      <Tabs
        label="Policy"
        value={tab}
        onChange={value => void setTab(value)}
        tabs={[
          { id: 'overview', label: 'Overview', content: <Overview policy={policy} /> },
          {
            id: 'versions',
            label: `Versions (${policy.versions.length})`,
            content: <Versions policy={policy} why={why} onRollback={setBackTo} />,
          },
          { id: 'fleet', label: 'Propagation', content: <Propagation policy={policy.id} /> },
          {
            id: 'timeline',
            label: 'Timeline',
            content: (
              <Card>
                <TargetTimeline target={`policy:${policy.id}`} />
              </Card>
            ),
          },
          { id: 'signed', label: 'Signatures', content: <JsonView value={policy.statement} /> },
        ]}
      />
      <PolicyEditor
        open={dialog === 'edit'}
        onOpenChange={open => setDialog(open ? 'edit' : null)}
        policy={policy}
        onDone={() => {}}
      />
      <ConfirmDialog
        open={backTo !== null}
        onOpenChange={open => !open && setBackTo(null)}
        title={`Back to what version ${backTo} said`}
        action="Publish it as a new version"
        onConfirm={() =>
          rollback
            .mutateAsync({ id: policy.id, toVersion: backTo ?? 1, reason: `Back to version ${backTo}` })
            .then(announceWaiting)
        }
      >
        The old content goes out as version {(newest?.version ?? 0) + 1}, signed anew. Nothing older is ever
        activated again.
      </ConfirmDialog>
      <DangerDialog
        open={dialog === 'revoke'}
        onOpenChange={open => setDialog(open ? 'revoke' : null)}
        title={`Revoke ${policy.id}`}
        blast="Every relay drops it at once, without staging and without a quorum. No version of it up to now comes back."
        typeName={policy.id}
        action="Revoke everywhere"
        onConfirm={reason => revoke.mutateAsync({ id: policy.id, reason }).then(announceWaiting)}
      />
    </>
  );
}

function Overview({ policy }: { policy: PolicyDetail }) {
  const { version } = policy;
  const contract = policy.staleness;
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Card className="p-4">
        <Properties
          items={[
            ['Kind', `${policyKindNames[policy.kind].label}: ${policyKindNames[policy.kind].says}`],
            ['Tenant', policy.tenantId ?? 'all tenants'],
            ['Regions', policy.scope.regions.length === 0 ? 'everywhere' : policy.scope.regions.join(', ')],
            [
              'Out of reach',
              typeof contract === 'object'
                ? `serves for ${contract.failClosedAfterSeconds} s, then denies`
                : contract,
            ],
            ['Hash', version ? <IdChip key="h" id={version.hash} label="Copy the hash" /> : null],
            [
              'Author',
              version
                ? `${version.author}${version.signedOnBehalf ? ', signed by the hub on their behalf' : ''}`
                : null,
            ],
            ['Expires', version?.expires ? <Time key="e" at={version.expires} /> : 'never'],
            [
              'Signed with',
              version?.simulationKey ? 'the generated key of this installation' : 'the operator’s key',
            ],
          ]}
        />
      </Card>
      <JsonView value={policy.document} />
    </div>
  );
}

function Versions({
  policy,
  why,
  onRollback,
}: {
  policy: PolicyDetail;
  why: string | null;
  onRollback: (version: number) => void;
}) {
  return (
    <Card>
      <ol className="divide-y">
        {policy.versions.map(v => (
          <li key={v.version} className="flex flex-wrap items-center gap-3 px-3.5 py-2.5">
            <span className="num w-10 font-medium">{v.version}</span>
            <PolicyState state={v.state} />
            <span className="min-w-0 flex-1 text-ink-2 [overflow-wrap:anywhere]">
              {v.rollbackOf === null ? '' : `content of version ${v.rollbackOf}. `}
              {v.reason ?? ''}
            </span>
            <span className="text-ink-2 text-sm">{v.author}</span>
            <Time at={v.createdAt} />
            <Button
              size="sm"
              why={v.version === policy.activeVersion ? 'This is what is active.' : why}
              onClick={() => onRollback(v.version)}
            >
              Roll back to this
            </Button>
          </li>
        ))}
      </ol>
    </Card>
  );
}
