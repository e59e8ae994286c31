'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { fieldErrors, messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { useStepUp } from '#components/platform/mfa/step-up.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { toast } from '#components/ui/toast.ts';
import type { TenantDetail } from '#server/federation/tenants/schema.ts';
import { TenantFields } from './tenant-fields.tsx';
import { blank, readValues, type Values, valuesOf } from './tenant-values.ts';

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Given = edit it. */
  tenant?: TenantDetail;
  onDone: (tenant: TenantDetail) => void;
}

export function TenantForm({ open, onOpenChange, tenant, onDone }: Props) {
  return (
    <Dialog
      wide
      open={open}
      onOpenChange={onOpenChange}
      title={tenant ? `Edit ${tenant.name}` : 'New tenant'}
      description={
        tenant
          ? 'The slug and the environment stay as they are; the home region is moved with a plan.'
          : 'Where an organisation’s data may live, and what it consented to.'
      }
    >
      {open ? (
        <Form
          key={tenant?.version ?? 'new'}
          {...(tenant ? { tenant } : {})}
          onDone={onDone}
          onCancel={() => onOpenChange(false)}
        />
      ) : null}
    </Dialog>
  );
}

function Form({
  tenant,
  onDone,
  onCancel,
}: {
  tenant?: TenantDetail;
  onDone: (tenant: TenantDetail) => void;
  onCancel: () => void;
}) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const guard = useStepUp();
  const { data: regions } = useQuery(trpc.regions.list.queryOptions({ limit: 500 }));
  const [values, setValues] = useState<Values>(tenant ? valuesOf(tenant) : blank);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  // One key per filled-in form: a double click or a repeated request has one effect.
  const [key] = useState(() => crypto.randomUUID());

  const submit = async () => {
    setBusy(true);
    setErrors({});
    setFailure(null);
    try {
      const parsed = await readValues(values);
      if (!parsed.success) {
        setErrors(
          Object.fromEntries(parsed.error.issues.map(issue => [String(issue.path[0]), issue.message])),
        );
        setFailure('Some fields need attention.');
        return;
      }
      const { id, environment, homeRegion, ...patch } = parsed.data;
      const done = await guard(async () =>
        tenant
          ? client.tenants.update.mutate({ id, version: tenant.version, patch })
          : {
              ...(await client.tenants.create.mutate(parsed.data, {
                context: { idempotencyKey: `${key}-${JSON.stringify(parsed.data).length}` },
              })),
              misplaced: [],
            },
      );
      await queries.invalidateQueries({ queryKey: trpc.tenants.pathKey() });
      await queries.invalidateQueries({ queryKey: trpc.replication.replicas.pathKey() });
      const stays = done.misplaced.map(row => row.region);
      if (stays.length > 0)
        toast.warning(
          `${done.name} saved; its rows stay in ${stays.join(', ')}, where this does not allow them`,
          { duration: 15_000 },
        );
      else toast.success(tenant ? `${done.name} saved` : `${done.name} created`);
      onCancel();
      onDone(done);
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
      noValidate
      onSubmit={event => {
        event.preventDefault();
        if (!busy) void submit();
      }}
    >
      <TenantFields
        values={values}
        errors={errors}
        editing={tenant !== undefined}
        regions={regions?.rows ?? []}
        set={change => setValues(current => ({ ...current, ...change }))}
      />
      {failure ? (
        <p role="alert" className="text-bad">
          {failure}
        </p>
      ) : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button kind="primary" type="submit" busy={busy}>
          {tenant ? 'Save' : 'Create tenant'}
        </Button>
      </div>
    </form>
  );
}
