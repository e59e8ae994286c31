'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DiffView } from '#components/console/diff-view.tsx';
import { announceWaiting } from '#components/governance/approvals/waiting.tsx';
import { fieldErrors, messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { useStepUp } from '#components/platform/mfa/step-up.tsx';
import { Button } from '#components/ui/button.tsx';
import { focusFirstField } from '#components/ui/first-field.ts';
import { Field, Input } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import type { PolicyDetail } from '#server/policy/hub/schema.ts';
import { DraftStrip } from './draft-strip.tsx';
import { DryRunPanel } from './dry-run-panel.tsx';
import { EditorFields } from './editor-fields.tsx';
import {
  blank,
  contentOf,
  type Fields,
  fieldsOfDraft,
  fieldsOfPolicy,
  issuesOf,
  parsedDocument,
} from './policy-fields.ts';

/** Checks what is typed with the schema of the server, so it comes when somebody writes. */
export function PolicyForm({
  policy,
  onDone,
  onCancel,
}: {
  policy?: PolicyDetail;
  onDone: (id: string) => void;
  onCancel: () => void;
}) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const guard = useStepUp();
  const [start] = useState(() => (policy ? fieldsOfPolicy(policy) : blank()));
  const [fields, setFields] = useState<Fields>(start);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState<'publish' | 'draft' | null>(null);
  const [key] = useState(() => crypto.randomUUID());
  const issues = issuesOf(fields);
  const document = parsedDocument(fields.document);
  const wrong = issues[0] ? `${issues[0].field}: ${issues[0].message}` : null;

  const change = (part: Partial<Fields>) => {
    setErrors({});
    setFields(before => ({ ...before, ...part }));
  };
  const attempt = async (what: 'publish' | 'draft', work: () => Promise<void>) => {
    setBusy(what);
    setErrors({});
    setFailure(null);
    try {
      await work();
    } catch (error) {
      setErrors(fieldErrors(error));
      setFailure(messageOf(error));
    } finally {
      setBusy(null);
    }
  };

  const publish = () =>
    attempt('publish', async () => {
      const reason = fields.reason.trim();
      const published = await guard(() =>
        client.policies.publish.mutate(
          { ...contentOf(fields), ...(reason ? { reason } : {}) },
          { context: { idempotencyKey: key } },
        ),
      );
      await queries.invalidateQueries({ queryKey: trpc.policies.pathKey() });
      if (announceWaiting(published)) return onCancel();
      toast.success(`${published.id} version ${published.version} is on its way.`);
      onDone(published.id);
      onCancel();
    });

  const keep = () =>
    attempt('draft', async () => {
      const { id, ...content } = fields;
      const tenant = fields.tenant.trim();
      await client.policies.saveDraft.mutate({
        id: id.trim(),
        content,
        ...(tenant ? { tenant } : {}),
      });
      await queries.invalidateQueries({ queryKey: trpc.policies.drafts.queryKey() });
      toast.success('The draft is saved. Whoever may write policies can continue it.');
    });

  return (
    <form
      ref={focusFirstField}
      className="grid gap-4"
      onSubmit={event => {
        event.preventDefault();
        if (!busy && !wrong) void publish();
      }}
    >
      <DraftStrip policy={policy?.id} onContinue={draft => setFields(fieldsOfDraft(draft, start))} />
      <EditorFields
        fields={fields}
        change={change}
        fixed={policy !== undefined}
        issues={issues}
        errors={errors}
      />
      {policy && document.ok ? (
        <section className="grid gap-2" aria-label="What changes">
          <h3 className="font-medium">
            What changes against {policy.activeVersion === null ? 'the newest version' : 'what is active'}
          </h3>
          <DiffView before={shown(fieldsOfPolicy(policy))} after={shown(fields)} />
        </section>
      ) : null}
      <DryRunPanel fields={fields} why={wrong} />
      <Field label="Reason" hint="Written to the ledger with the change.">
        {field => (
          <Input
            {...field}
            value={fields.reason}
            maxLength={500}
            onChange={e => change({ reason: e.target.value })}
          />
        )}
      </Field>
      <p role="alert" className={failure ? 'text-bad' : 'sr-only'}>
        {failure}
      </p>
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button
          busy={busy === 'draft'}
          why={fields.id.trim() ? null : 'Give the policy an id first.'}
          onClick={() => void keep()}
        >
          Save draft
        </Button>
        <Button kind="primary" type="submit" busy={busy === 'publish'} why={wrong}>
          Publish
        </Button>
      </div>
    </form>
  );
}

const shown = (fields: Fields) => {
  const { scope, document, staleness, expires } = contentOf(fields);
  return { scope, document, staleness, expires };
};
