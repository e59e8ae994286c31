'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { toast } from 'sonner';
import { fieldErrors, messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { useStepUp } from '#components/platform/mfa/step-up.tsx';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Checkbox, Field, Input, Select } from '#components/ui/input.tsx';
import {
  consentPurposes,
  createTenantInput,
  dataClasses,
  environments,
  type TenantDetail,
  tiers,
} from '#server/federation/tenants/schema.ts';

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Given = edit it. */
  tenant?: TenantDetail;
  onDone: (tenant: TenantDetail) => void;
}

interface Values {
  id: string;
  name: string;
  environment: TenantDetail['environment'];
  tier: TenantDetail['tier'];
  homeRegion: string;
  allowedRegions: string[];
  allowedCountries: string;
  dataClasses: TenantDetail['dataClasses'];
  consents: TenantDetail['consents'];
  monthlyBudget: string;
}

const blank: Values = {
  id: '',
  name: '',
  environment: 'simulation',
  tier: 'standard',
  homeRegion: '',
  allowedRegions: [],
  allowedCountries: '',
  dataClasses: [],
  consents: [],
  monthlyBudget: '',
};

const valuesOf = (t: TenantDetail): Values => ({
  id: t.id,
  name: t.name,
  environment: t.environment,
  tier: t.tier,
  homeRegion: t.homeRegion,
  allowedRegions: t.allowedRegions,
  allowedCountries: t.allowedCountries.join(' '),
  dataClasses: t.dataClasses,
  consents: t.consents,
  monthlyBudget: t.monthlyBudget === null ? '' : String(t.monthlyBudget),
});

const slugOf = (name: string) =>
  name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 63);

export function TenantForm({ open, onOpenChange, tenant, onDone }: Props) {
  return (
    <Dialog
      wide
      open={open}
      onOpenChange={onOpenChange}
      title={tenant ? `Edit ${tenant.name}` : 'New tenant'}
      description={
        tenant
          ? 'The slug and the environment stay as they are.'
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
  const legend = useId();
  const set = (change: Partial<Values>) => setValues(current => ({ ...current, ...change }));
  const toggle = <T extends string>(list: T[], value: T, on: boolean) =>
    on ? [...list, value] : list.filter(v => v !== value);

  const submit = async () => {
    const { allowedCountries, monthlyBudget, ...rest } = values;
    const parsed = createTenantInput.safeParse({
      ...rest,
      id: tenant ? tenant.id : values.id || slugOf(values.name),
      allowedCountries: allowedCountries
        .toUpperCase()
        .split(/[\s,]+/)
        .filter(Boolean),
      monthlyBudget: monthlyBudget.trim() === '' ? null : Number(monthlyBudget),
    } satisfies Record<keyof Values, unknown>);
    if (!parsed.success) {
      setErrors(Object.fromEntries(parsed.error.issues.map(issue => [String(issue.path[0]), issue.message])));
      setFailure('Some fields need attention.');
      return;
    }
    setBusy(true);
    setErrors({});
    setFailure(null);
    try {
      const { id, environment, ...patch } = parsed.data;
      const done = await guard(() =>
        tenant
          ? client.tenants.update.mutate({ id, version: tenant.version, patch })
          : client.tenants.create.mutate(
              { id, environment, ...patch },
              { context: { idempotencyKey: `${key}-${JSON.stringify(parsed.data).length}` } },
            ),
      );
      await queries.invalidateQueries({ queryKey: trpc.tenants.pathKey() });
      toast.success(tenant ? `${done.name} saved` : `${done.name} created`);
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
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Field label="Name" error={errors.name}>
          {props => (
            <Input {...props} value={values.name} onChange={e => set({ name: e.target.value })} autoFocus />
          )}
        </Field>
        <Field label="Slug" hint={tenant ? undefined : 'Chosen once, never reused.'} error={errors.id}>
          {props => (
            <Input
              {...props}
              className="font-mono"
              value={tenant ? tenant.id : values.id}
              placeholder={slugOf(values.name)}
              readOnly={tenant !== undefined}
              onChange={e => set({ id: e.target.value })}
            />
          )}
        </Field>
        <Field label="Environment" error={errors.environment}>
          {props => (
            <Select
              {...props}
              value={values.environment}
              disabled={tenant !== undefined}
              onChange={e => set({ environment: e.target.value as Values['environment'] })}
            >
              {environments.map(e => (
                <option key={e}>{e}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Tier" error={errors.tier}>
          {props => (
            <Select
              {...props}
              value={values.tier}
              onChange={e => set({ tier: e.target.value as Values['tier'] })}
            >
              {tiers.map(t => (
                <option key={t}>{t}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Home region" error={errors.homeRegion}>
          {props => (
            <Select {...props} value={values.homeRegion} onChange={e => set({ homeRegion: e.target.value })}>
              <option value="">Choose a region</option>
              {regions?.rows.map(r => (
                <option key={r.id} value={r.id}>
                  {r.id} {r.country ? `(${r.country})` : ''}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Monthly budget in euros" hint="Empty = no budget." error={errors.monthlyBudget}>
          {props => (
            <Input
              {...props}
              inputMode="decimal"
              value={values.monthlyBudget}
              onChange={e => set({ monthlyBudget: e.target.value })}
            />
          )}
        </Field>
        <Field
          label="Allowed countries"
          hint="Two-letter codes. Empty = any."
          error={errors.allowedCountries}
        >
          {props => (
            <Input
              {...props}
              value={values.allowedCountries}
              onChange={e => set({ allowedCountries: e.target.value })}
            />
          )}
        </Field>
      </div>
      <Choices
        legend={`${legend}-r`}
        title="Allowed regions (none chosen = any)"
        error={errors.allowedRegions}
        options={(regions?.rows ?? []).map(r => r.id)}
        chosen={values.allowedRegions}
        onToggle={(v, on) => set({ allowedRegions: toggle(values.allowedRegions, v, on) })}
      />
      <Choices
        legend={`${legend}-d`}
        title="Data classes"
        options={[...dataClasses]}
        chosen={values.dataClasses}
        onToggle={(v, on) => set({ dataClasses: toggle(values.dataClasses, v, on) })}
      />
      <Choices
        legend={`${legend}-c`}
        title="Consents to"
        options={[...consentPurposes]}
        chosen={values.consents}
        onToggle={(v, on) => set({ consents: toggle(values.consents, v, on) })}
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

function Choices<T extends string>({
  legend,
  title,
  options,
  chosen,
  onToggle,
  error,
}: {
  legend: string;
  title: string;
  options: T[];
  chosen: T[];
  onToggle: (value: T, on: boolean) => void;
  error?: string | undefined;
}) {
  return (
    <fieldset aria-labelledby={legend} className="grid gap-1.5">
      <span id={legend} className="font-medium">
        {title}
      </span>
      <div className="flex flex-wrap gap-x-4 gap-y-1.5">
        {options.map(option => (
          <Checkbox
            key={option}
            label={option}
            checked={chosen.includes(option)}
            onChange={e => onToggle(option, e.target.checked)}
          />
        ))}
      </div>
      {error ? <p className="text-bad text-sm">{error}</p> : null}
    </fieldset>
  );
}
