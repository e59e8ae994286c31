'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { DiffView } from '#components/console/diff-view.tsx';
import { announceWaiting } from '#components/governance/approvals/waiting.tsx';
import { fieldErrors, messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { useStepUp } from '#components/platform/mfa/step-up.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input, Select, Textarea } from '#components/ui/input.tsx';
import type { PolicyDetail, PolicyRow } from '#server/policy/hub/schema.ts';
import { policyKindNames } from './kind-words.ts';

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Given = a new version of it. */
  policy?: PolicyDetail;
  onDone: (id: string) => void;
}

/** Writes a policy or its next version; shows what changes before it goes out. */
export function PolicyEditor({ open, onOpenChange, policy, onDone }: Props) {
  return (
    <Dialog
      wide
      open={open}
      onOpenChange={onOpenChange}
      title={policy ? `New version of ${policy.id}` : 'New policy'}
      description="It is signed twice, staged at every reachable relay it concerns, and activated on all of them together."
    >
      {open ? (
        <Form {...(policy ? { policy } : {})} onDone={onDone} onCancel={() => onOpenChange(false)} />
      ) : null}
    </Dialog>
  );
}

const text = (value: unknown) => JSON.stringify(value, null, 2);
const list = (value: string) => value.split(/[\s,]+/).filter(Boolean);

function Form({
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
  const [id, setId] = useState(policy?.id ?? '');
  const [kind, setKind] = useState<PolicyRow['kind']>(policy?.kind ?? 'residency');
  const [tenant, setTenant] = useState(policy?.scope.tenant ?? '');
  const [regions, setRegions] = useState(policy?.scope.regions.join(', ') ?? '');
  const [document, setDocument] = useState(text(policy?.document ?? policyKindNames.residency.example));
  const [staleness, setStaleness] = useState(
    typeof policy?.staleness === 'object'
      ? String(policy.staleness.failClosedAfterSeconds)
      : (policy?.staleness ?? 'serve'),
  );
  const [seconds, setSeconds] = useState(
    typeof policy?.staleness === 'object' ? policy.staleness.failClosedAfterSeconds : 60,
  );
  const [reason, setReason] = useState('');
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [key] = useState(() => crypto.randomUUID());
  const parsed = parse(document);

  const choose = (next: PolicyRow['kind']) => {
    // What somebody wrote stays; an example that nobody touched makes room for the next one.
    if (document === text(policyKindNames[kind].example)) setDocument(text(policyKindNames[next].example));
    setKind(next);
  };

  const submit = async () => {
    if (!parsed.ok) return setFailure(parsed.message);
    setBusy(true);
    setErrors({});
    setFailure(null);
    try {
      const published = await guard(() =>
        client.policies.publish.mutate(
          {
            id: id.trim(),
            kind,
            scope: {
              regions: list(regions),
              labels: policy?.scope.labels ?? {},
              ...(tenant.trim() ? { tenant: tenant.trim() } : {}),
            },
            document: parsed.value,
            staleness:
              staleness === 'serve' || staleness === 'deny' ? staleness : { failClosedAfterSeconds: seconds },
            expires: policy?.version?.expires ?? null,
            ...(reason.trim() ? { reason: reason.trim() } : {}),
          },
          { context: { idempotencyKey: key } },
        ),
      );
      await queries.invalidateQueries({ queryKey: trpc.policies.pathKey() });
      if (announceWaiting(published)) return onCancel();
      toast.success(`${published.id} version ${published.version} is on its way.`);
      onDone(published.id);
      onCancel();
    } catch (error) {
      setErrors(fieldErrors(error));
      setFailure(messageOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form
      className="grid gap-4"
      onSubmit={event => {
        event.preventDefault();
        if (!busy) void submit();
      }}
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Id" error={errors.id} hint="Stands in every log; a–z, 0–9, hyphen, dot, underscore.">
          {field => (
            <Input
              {...field}
              value={id}
              disabled={policy !== undefined}
              onChange={e => setId(e.target.value)}
            />
          )}
        </Field>
        <Field label="Kind" hint={policyKindNames[kind].says}>
          {field => (
            <Select
              {...field}
              value={kind}
              disabled={policy !== undefined}
              onChange={e => choose(e.target.value as PolicyRow['kind'])}
            >
              {Object.entries(policyKindNames).map(([value, { label }]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Tenant" hint="Empty: every tenant." error={errors['scope.tenant']}>
          {field => (
            <Input
              {...field}
              value={tenant}
              disabled={policy !== undefined}
              onChange={e => setTenant(e.target.value)}
            />
          )}
        </Field>
        <Field label="Regions" hint="Separated by commas. Empty: everywhere." error={errors['scope.regions']}>
          {field => <Input {...field} value={regions} onChange={e => setRegions(e.target.value)} />}
        </Field>
      </div>
      <Field
        label="Document"
        error={parsed.ok ? documentError(errors) : parsed.message}
        hint="JSON. Checked against the schema of its kind before anything is signed."
      >
        {field => (
          <Textarea
            {...field}
            className="min-h-56 font-mono text-sm"
            spellCheck={false}
            value={document}
            onChange={e => setDocument(e.target.value)}
          />
        )}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="When a relay cannot reach the hub">
          {field => (
            <Select
              {...field}
              value={staleness === 'serve' || staleness === 'deny' ? staleness : 'close'}
              onChange={e => setStaleness(e.target.value)}
            >
              <option value="serve">Go on serving, and say that it may be old</option>
              <option value="close">Serve for a while, then deny</option>
              <option value="deny">Deny at once</option>
            </Select>
          )}
        </Field>
        {staleness === 'serve' || staleness === 'deny' ? null : (
          <Field label="Seconds until it denies" error={errors.staleness}>
            {field => (
              <Input
                {...field}
                type="number"
                min={1}
                max={86_400}
                value={seconds}
                onChange={e => setSeconds(Number(e.target.value))}
              />
            )}
          </Field>
        )}
      </div>
      {policy && parsed.ok ? (
        <section className="grid gap-2" aria-label="What changes">
          <h3 className="font-medium">What changes</h3>
          <DiffView before={policy.document} after={parsed.value} />
        </section>
      ) : null}
      <Field label="Reason" hint="Written to the ledger with the change.">
        {field => (
          <Input {...field} value={reason} maxLength={500} onChange={e => setReason(e.target.value)} />
        )}
      </Field>
      <p role="alert" className={failure ? 'text-bad' : 'sr-only'}>
        {failure}
      </p>
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button
          kind="primary"
          type="submit"
          busy={busy}
          why={parsed.ok ? null : 'The document is not JSON yet.'}
        >
          Publish
        </Button>
      </div>
    </form>
  );
}

function parse(document: string): { ok: true; value: unknown } | { ok: false; message: string } {
  try {
    return { ok: true, value: JSON.parse(document) };
  } catch (error) {
    return { ok: false, message: `Not JSON yet: ${(error as Error).message}` };
  }
}

const documentError = (errors: Record<string, string>): string | undefined =>
  Object.entries(errors)
    .filter(([path]) => path.startsWith('document'))
    .map(([path, message]) => `${path.replace(/^document\.?/, '') || 'document'}: ${message}`)[0];
