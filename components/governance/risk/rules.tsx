'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { EmptyState, ErrorState } from '#components/console/states.tsx';
import { Time } from '#components/console/time.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import type { RuleRow } from '#server/governance/risk/schema/rules.ts';
import { RuleForm } from './rule-form.tsx';
import { dimensionWord } from './words.ts';

/** What a rule asks for, as a sentence. */
export function conditionWords({ when }: RuleRow['definition']): string {
  if (when.kind === 'events')
    return `${when.atLeast === 1 ? 'an event' : `${when.atLeast} events`} ${when.names.join(', ')} of ${when.minSeverity} or worse within ${when.withinMinutes} min`;
  if (when.kind === 'template')
    return `a log line rarer than ${when.minRarity}, ${when.minSeverity} or worse, within ${when.withinMinutes} min`;
  if (when.kind === 'anomaly') return `${when.metric} is anomalous by ${when.atLeast} or more`;
  return `${when.metric} is ${when.op} ${when.threshold}`;
}

export function Rules() {
  const trpc = useTRPC();
  const why = useWhyNot('risk:write');
  const { data, error } = useQuery(trpc.risks.rules.queryOptions());
  const [editing, setEditing] = useState<RuleRow | 'new' | null>(null);
  if (error) return <ErrorState title="The rules could not be read">{messageOf(error)}</ErrorState>;
  if (!data) return <Skeleton className="h-60" />;
  const add = (
    <Button kind="primary" why={why} onClick={() => setEditing('new')}>
      <Plus className="size-4" /> New rule
    </Button>
  );
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <p className="max-w-2xl text-ink-2">
          Each rule that holds adds its points to one dimension; many small ones add up, and nothing passes a
          hundred. A change makes a new version, and the old ones stay readable.
        </p>
        <div className="ml-auto">{add}</div>
      </div>
      {data.rows.length === 0 ? (
        <EmptyState title="No rule yet" action={add}>
          Without rules only the ledger knows what happened: every score is zero.
        </EmptyState>
      ) : (
        <Card>
          <ul className="divide-y">
            {data.rows.map(rule => (
              <li key={rule.id} className="grid gap-1 px-3.5 py-2.5 md:grid-cols-[1fr_auto] md:items-center">
                <div className="min-w-0">
                  <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
                    <span className="font-medium">{rule.definition.title}</span>
                    <Pill tone={rule.enabled ? 'ok' : 'idle'}>{rule.enabled ? 'In force' : 'Off'}</Pill>
                    {rule.definition.alert ? (
                      <Pill tone="watch">{`alerts: ${rule.definition.alert}`}</Pill>
                    ) : null}
                  </div>
                  <p className="text-ink-2 text-sm [overflow-wrap:anywhere]">
                    {dimensionWord[rule.definition.dimension]}, {rule.definition.points} points, when{' '}
                    {conditionWords(rule.definition)}
                  </p>
                  <p className="text-ink-2 text-xs">
                    <span className="font-mono">{rule.id}</span>, version {rule.version},{' '}
                    <Time at={rule.updatedAt} />
                  </p>
                </div>
                <Button
                  size="sm"
                  why={why}
                  onClick={() => setEditing(rule)}
                  aria-label={`Edit ${rule.definition.title}`}
                >
                  Edit
                </Button>
              </li>
            ))}
          </ul>
        </Card>
      )}
      {editing ? (
        <RuleForm rule={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />
      ) : null}
    </div>
  );
}
