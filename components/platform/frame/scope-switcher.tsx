'use client';

import { useQuery } from '@tanstack/react-query';
import { Crosshair, X } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/cn.ts';
import { Field, Input, Select } from '#components/ui/input.tsx';
import { Popover } from '#components/ui/popover.tsx';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';
import { scopeEnvironments, useScope } from './scope.tsx';
import { isNarrowed, type Scope, scopeParts } from './scope-words.ts';

/** Which part of the world the console is about; everywhere until one says otherwise. */
export function ScopeSwitcher() {
  const { permissions } = useMe();
  const { scope, setScope, clear } = useScope();
  const [open, setOpen] = useState(false);
  const may = { region: permissions.includes('region:read'), tenant: permissions.includes('tenant:read') };
  const set = scopeParts.filter(part => scope[part] !== null).length;
  if (!may.region && !may.tenant) return null;
  return (
    <Popover
      label="Scope"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button size="sm" data-tour="scope" aria-label={set > 0 ? `Scope, ${set} set` : 'Scope, everywhere'}>
          <Crosshair aria-hidden className="size-3.5" />
          <span className="hidden sm:inline">{set > 0 ? 'Scope' : 'Everywhere'}</span>
          {set > 0 ? <span className="num rounded bg-accent-soft px-1 text-accent">{set}</span> : null}
        </Button>
      }
    >
      <div className="grid gap-3">
        <p className="text-ink-2">Lists, figures and timelines show this part only, until you clear it.</p>
        <Field label="Environment">
          {props => (
            <Select
              {...props}
              value={scope.environment ?? ''}
              onChange={event => setScope({ environment: event.target.value || null })}
            >
              <option value="">All environments</option>
              {scopeEnvironments.map(name => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        {may.region ? <RegionField /> : null}
        {may.tenant ? <TenantField /> : null}
        <div className="flex justify-end gap-2">
          <Button size="sm" why={set > 0 ? null : 'Nothing is narrowed.'} onClick={clear}>
            Clear
          </Button>
          <Button size="sm" kind="primary" onClick={() => setOpen(false)}>
            Done
          </Button>
        </div>
      </div>
    </Popover>
  );
}

function RegionField() {
  const trpc = useTRPC();
  const { scope, setScope } = useScope();
  const { data } = useQuery(trpc.regions.list.queryOptions({ limit: 500 }));
  const ids = data?.rows.map(row => row.id) ?? [];
  return (
    <Field label="Region">
      {props => (
        <Select
          {...props}
          value={scope.region ?? ''}
          onChange={event => setScope({ region: event.target.value || null })}
        >
          <option value="">All regions</option>
          {scope.region !== null && !ids.includes(scope.region) ? (
            <option value={scope.region}>{scope.region}</option>
          ) : null}
          {ids.map(id => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}

/** Tenants may be thousands: found by typing, never listed whole. */
function TenantField() {
  const trpc = useTRPC();
  const { scope, setScope } = useScope();
  const [text, setText] = useState('');
  const { data } = useQuery(
    trpc.tenants.list.queryOptions({ ...(text.trim() ? { search: text.trim() } : {}), limit: 5 }),
  );
  return (
    <div className="grid gap-1.5">
      <Field label="Tenant">
        {props => (
          <Input
            {...props}
            value={text}
            onChange={event => setText(event.target.value)}
            placeholder={scope.tenant ?? 'All tenants; type to find one'}
            autoComplete="off"
            spellCheck={false}
          />
        )}
      </Field>
      <ul className="grid" aria-label="Tenants found">
        {data?.rows.map(row => (
          <li key={row.id}>
            <button
              type="button"
              aria-pressed={scope.tenant === row.id}
              onClick={() => setScope({ tenant: scope.tenant === row.id ? null : row.id })}
              className={cn(
                'flex w-full items-baseline gap-2 rounded px-2 py-1 text-left hover:bg-sunken',
                scope.tenant === row.id && 'bg-accent-soft',
              )}
            >
              <span className="min-w-0 flex-1 truncate">{row.name}</span>
              <span className="max-w-32 truncate font-mono text-ink-3 text-sm">{row.id}</span>
            </button>
          </li>
        ))}
        {data?.rows.length === 0 ? <li className="px-2 py-1 text-ink-2">No tenant by that name.</li> : null}
      </ul>
    </div>
  );
}

const words: Record<keyof Scope, string> = { environment: 'Environment', region: 'Region', tenant: 'Tenant' };

/** Stands under the header on every page while something is narrowed, so that nobody takes a part for the whole. */
export function ScopeBar() {
  const { scope, setScope, clear } = useScope();
  if (!isNarrowed(scope)) return null;
  return (
    <section
      aria-label="Scope of this page"
      className="flex flex-wrap items-center gap-x-2 gap-y-1 border-b bg-accent-soft px-3 py-1.5 text-sm md:px-6"
    >
      <span className="text-ink-2">Showing only</span>
      {scopeParts.map(part =>
        scope[part] === null ? null : (
          <span
            key={part}
            className="inline-flex max-w-full items-center gap-1 rounded-md border border-line-strong bg-surface pl-2"
          >
            <span className="text-ink-2">{words[part]}</span>
            <span className="truncate font-medium">{scope[part]}</span>
            <button
              type="button"
              aria-label={`Clear ${words[part].toLowerCase()}`}
              onClick={() => setScope({ [part]: null })}
              className="rounded p-1 text-ink-2 hover:text-ink"
            >
              <X aria-hidden className="size-3.5" />
            </button>
          </span>
        ),
      )}
      <button type="button" onClick={clear} className="link ml-auto font-medium">
        Clear scope
      </button>
    </section>
  );
}
