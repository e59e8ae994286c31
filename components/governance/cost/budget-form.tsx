'use client';

import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { focusFirstField } from '#components/ui/first-field.ts';
import { Field, Input, Select } from '#components/ui/input.tsx';
import { type BudgetRow, setBudgetInput } from '#server/governance/cost/schema.ts';

interface Props {
  tenants: readonly string[];
  /** Given = edit it. */
  budget?: BudgetRow;
  onDone: () => void;
}

export function BudgetForm({ tenants, budget, onDone }: Props) {
  const trpc = useTRPC();
  const set = useMutation(trpc.costs.setBudget.mutationOptions());
  const [values, setValues] = useState({
    tenantId: budget?.tenantId ?? tenants[0] ?? '',
    name: budget?.name ?? '',
    service: budget?.service ?? '',
    amount: budget ? String(budget.amount) : '',
    currency: budget?.currency ?? 'EUR',
    thresholds: (budget?.thresholds ?? [50, 80, 100]).join(' '),
  });
  const [errors, setErrors] = useState<Record<string, string>>({});
  const text = (key: keyof typeof values) => ({
    value: values[key],
    onChange: (e: { target: { value: string } }) => setValues({ ...values, [key]: e.target.value }),
  });
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    const parsed = setBudgetInput.safeParse({
      ...(budget ? { id: budget.id, version: budget.version } : {}),
      ...values,
      service: values.service.trim() || null,
      amount: Number(values.amount),
      thresholds: values.thresholds
        .split(/[\s,]+/)
        .filter(Boolean)
        .map(Number),
    });
    if (!parsed.success) {
      setErrors(Object.fromEntries(parsed.error.issues.map(issue => [String(issue.path[0]), issue.message])));
      return;
    }
    setErrors({});
    try {
      await set.mutateAsync(parsed.data);
      onDone();
    } catch (failed) {
      setErrors({ form: messageOf(failed) });
    }
  };
  return (
    <form ref={focusFirstField} className="grid gap-3" onSubmit={e => void submit(e)} noValidate>
      <Field label="Tenant" error={errors.tenantId}>
        {control => (
          <Select {...control} {...text('tenantId')} disabled={budget !== undefined}>
            {tenants.map(id => (
              <option key={id}>{id}</option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Name" error={errors.name}>
        {control => <Input {...control} {...text('name')} />}
      </Field>
      <Field label="Service" hint="Empty for everything of the tenant." error={errors.service}>
        {control => <Input {...control} {...text('service')} />}
      </Field>
      <Field label="Amount a month" error={errors.amount}>
        {control => <Input {...control} {...text('amount')} inputMode="decimal" />}
      </Field>
      <Field label="Currency" error={errors.currency}>
        {control => <Input {...control} {...text('currency')} maxLength={3} />}
      </Field>
      <Field label="Tell at (per cent)" hint="Separated by spaces." error={errors.thresholds}>
        {control => <Input {...control} {...text('thresholds')} />}
      </Field>
      {errors.form ? (
        <p role="alert" className="text-bad">
          {errors.form}
        </p>
      ) : null}
      <Button kind="primary" type="submit" busy={set.isPending} className="justify-self-start">
        Save budget
      </Button>
    </form>
  );
}
