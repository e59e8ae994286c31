'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { DiffView } from '#components/console/diff-view.tsx';
import { JsonView } from '#components/console/json-view.tsx';
import { announceWaiting } from '#components/governance/approvals/waiting.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { useStepUp } from '#components/platform/mfa/step-up.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card, Skeleton } from '#components/ui/card.tsx';
import { Field, Textarea } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import { type FederationRules, federationRules } from '#server/federation/trust/schema.ts';

type Read = { ok: true; rules: FederationRules } | { ok: false; error: string };

function read(text: string): Read {
  try {
    const parsed = federationRules.safeParse(JSON.parse(text));
    if (parsed.success) return { ok: true, rules: parsed.data };
    const [issue] = parsed.error.issues;
    return { ok: false, error: `${issue?.path.join('.') || 'The rules'}: ${issue?.message ?? 'not valid'}` };
  } catch {
    return { ok: false, error: 'Not valid JSON.' };
  }
}

/** Who may replicate to whom, what may cross which border, which signatures and witnesses are asked for. */
export function RulesCard() {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const guard = useStepUp();
  const why = useWhyNot('trust:govern');
  const { data } = useQuery(trpc.trust.rules.queryOptions());
  const [text, setText] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  if (!data) return <Skeleton className="h-32" />;
  const edited = text === null ? null : read(text);
  const save = async (reason: string) => {
    if (!edited?.ok) return;
    const result = await guard(() =>
      client.trust.govern.mutate({ version: data.version, rules: edited.rules, reason }),
    ).catch(failure => Promise.reject(new Error(messageOf(failure))));
    await queries.invalidateQueries({ queryKey: trpc.trust.pathKey() });
    setText(null);
    if (!announceWaiting(result)) toast.success('The rules are in force');
  };
  return (
    <section className="grid gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="font-semibold text-lg">Rules of the federation</h2>
        <span className="text-ink-2 text-sm">
          {data.version === 0 ? 'as they come with the console' : `version ${data.version}`}
        </span>
        <span className="ml-auto flex gap-2">
          {text === null ? (
            <Button why={why} onClick={() => setText(JSON.stringify(data.rules, null, 2))}>
              Edit rules
            </Button>
          ) : (
            <>
              <Button onClick={() => setText(null)}>Discard</Button>
              <Button
                kind="primary"
                why={edited?.ok ? undefined : edited?.error}
                onClick={() => setAsking(true)}
              >
                Review change
              </Button>
            </>
          )}
        </span>
      </div>
      {text === null ? (
        <JsonView value={data.rules} />
      ) : (
        <Card className="p-4">
          <Field label="Rules as JSON" error={edited?.ok === false ? edited.error : undefined}>
            {props => (
              <Textarea
                {...props}
                rows={18}
                className="font-mono text-sm"
                spellCheck={false}
                value={text}
                onChange={event => setText(event.target.value)}
              />
            )}
          </Field>
        </Card>
      )}
      <DangerDialog
        open={asking}
        onOpenChange={setAsking}
        title="Change the rules of the federation"
        blast="Every region and member: what is not allowed any more stops at its next check."
        change={edited?.ok ? <DiffView before={data.rules} after={edited.rules} /> : undefined}
        typeName="rules"
        action="Change rules"
        onConfirm={save}
      />
    </section>
  );
}
