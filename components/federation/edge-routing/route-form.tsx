'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Field, Input, Select } from '#components/ui/input.tsx';
import { toast } from '#components/ui/toast.ts';
import type { RouteInput } from '#server/federation/edge-routing/schema.ts';
import { Choices } from '../tenants/choices.tsx';
import { noRoute, type RouteValues, readRoute } from './route-values.ts';

export function RouteForm({ busy, onAsk }: { busy: boolean; onAsk: (input: RouteInput) => void }) {
  const trpc = useTRPC();
  const { data: tenants } = useQuery(trpc.tenants.list.queryOptions({ limit: 500 }));
  const { data: regions } = useQuery(trpc.regions.list.queryOptions({ limit: 500 }));
  const [values, setValues] = useState<RouteValues>(noRoute);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const set = (change: Partial<RouteValues>) => setValues(current => ({ ...current, ...change }));
  const submit = async () => {
    const read = await readRoute(values);
    setErrors('errors' in read ? read.errors : {});
    if ('input' in read) onAsk(read.input);
  };
  return (
    <form
      className="grid gap-4 p-3.5"
      noValidate
      onSubmit={event => {
        event.preventDefault();
        submit().catch(error => toast.error(messageOf(error)));
      }}
    >
      <div className="grid items-start gap-4 sm:grid-cols-2 lg:grid-cols-4">
        <Field label="Tenant" error={errors.tenant}>
          {props => (
            <Select {...props} value={values.tenant} onChange={e => set({ tenant: e.target.value })}>
              <option value="">Choose a tenant</option>
              {tenants?.rows.map(t => (
                <option key={t.id} value={t.id}>
                  {t.name} ({t.homeRegion})
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="From">
          {props => (
            <Select
              {...props}
              value={values.where}
              onChange={e => set({ where: e.target.value as RouteValues['where'] })}
            >
              <option value="nowhere">Not said</option>
              <option value="address">A client’s address</option>
              <option value="place">A place</option>
            </Select>
          )}
        </Field>
        {values.where === 'address' ? (
          <Field label="Client’s address" hint="Its block says where, coarsely." error={errors.clientIp}>
            {props => (
              <Input
                {...props}
                className="font-mono"
                value={values.clientIp}
                onChange={e => set({ clientIp: e.target.value })}
              />
            )}
          </Field>
        ) : null}
        {values.where === 'place' ? (
          <>
            <Field label="Latitude" error={errors.lat}>
              {props => (
                <Input
                  {...props}
                  inputMode="decimal"
                  value={values.lat}
                  onChange={e => set({ lat: e.target.value })}
                />
              )}
            </Field>
            <Field label="Longitude" error={errors.lon}>
              {props => (
                <Input
                  {...props}
                  inputMode="decimal"
                  value={values.lon}
                  onChange={e => set({ lon: e.target.value })}
                />
              )}
            </Field>
          </>
        ) : null}
        <Field
          label="Countries of this request"
          hint="Narrower than what the tenant allows; never wider."
          error={errors.residency}
        >
          {props => (
            <Input {...props} value={values.countries} onChange={e => set({ countries: e.target.value })} />
          )}
        </Field>
      </div>
      <Choices
        title="Regions of this request (none chosen = whatever the tenant allows)"
        options={(regions?.rows ?? []).map(r => r.id)}
        chosen={values.regions}
        onToggle={(region, on) =>
          set({ regions: on ? [...values.regions, region] : values.regions.filter(r => r !== region) })
        }
      />
      <Button kind="primary" type="submit" busy={busy} className="justify-self-start">
        Ask for the route
      </Button>
    </form>
  );
}
