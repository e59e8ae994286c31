import { Field, Input, Select } from '#components/ui/input.tsx';
import {
  consentPurposes,
  dataClasses,
  environments,
  tiers,
} from '#server/federation/tenants/schema/terms.ts';
import { Choices } from './choices.tsx';
import { slugOf, type Values } from './tenant-values.ts';

interface Props {
  values: Values;
  errors: Record<string, string>;
  /** A tenant that exists: what was chosen once stays. */
  editing: boolean;
  regions: readonly { id: string; country: string | null }[];
  set: (change: Partial<Values>) => void;
}

export function TenantFields(props: Props) {
  return (
    <>
      <Facts {...props} />
      <Residency {...props} />
    </>
  );
}

function Facts({ values, errors, editing, regions, set }: Props) {
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      <Field label="Name" error={errors.name}>
        {props => (
          <Input {...props} value={values.name} onChange={e => set({ name: e.target.value })} autoFocus />
        )}
      </Field>
      <Field label="Slug" hint={editing ? undefined : 'Chosen once, never reused.'} error={errors.id}>
        {props => (
          <Input
            {...props}
            className="font-mono"
            value={values.id}
            placeholder={slugOf(values.name)}
            readOnly={editing}
            onChange={e => set({ id: e.target.value })}
          />
        )}
      </Field>
      <Field label="Environment" error={errors.environment}>
        {props => (
          <Select
            {...props}
            value={values.environment}
            disabled={editing}
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
      <Field
        label="Home region"
        hint={editing ? 'Moved by a command of its own, with a plan: “Move” on the page.' : undefined}
        error={errors.homeRegion}
      >
        {props => (
          <Select
            {...props}
            value={values.homeRegion}
            disabled={editing}
            onChange={e => set({ homeRegion: e.target.value })}
          >
            <option value="">Choose a region</option>
            {regions.map(r => (
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
      <Field label="Allowed countries" hint="Two-letter codes. Empty = any." error={errors.allowedCountries}>
        {props => (
          <Input
            {...props}
            value={values.allowedCountries}
            onChange={e => set({ allowedCountries: e.target.value })}
          />
        )}
      </Field>
    </div>
  );
}

const toggle = <T extends string>(list: T[], value: T, on: boolean) =>
  on ? [...list, value] : list.filter(v => v !== value);

function Residency({ values, errors, regions, set }: Props) {
  return (
    <>
      <Choices
        title="Allowed regions (none chosen = any)"
        error={errors.allowedRegions}
        options={regions.map(r => r.id)}
        chosen={values.allowedRegions}
        onToggle={(v, on) => set({ allowedRegions: toggle(values.allowedRegions, v, on) })}
      />
      <Choices
        title="Data classes"
        options={[...dataClasses]}
        chosen={values.dataClasses}
        onToggle={(v, on) => set({ dataClasses: toggle(values.dataClasses, v, on) })}
      />
      <Choices
        title="Consents to"
        options={[...consentPurposes]}
        chosen={values.consents}
        onToggle={(v, on) => set({ consents: toggle(values.consents, v, on) })}
      />
    </>
  );
}
