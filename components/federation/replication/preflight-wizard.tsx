'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { announceWaiting } from '#components/governance/approvals/waiting.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Checkbox, Field, Input, Select } from '#components/ui/input.tsx';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
import type { Check, Preflight } from '#server/federation/replication/schema.ts';

const tones: Record<Check['result'], Tone> = { pass: 'ok', fail: 'bad', warn: 'watch', unknown: 'watch' };
const list = (text: string) => text.split(/[\s,]+/).filter(Boolean);

/** First what is wrong and how it is mended; a stream is made only once nothing is left. */
export function PreflightWizard({ regions, onClose }: { regions: string[]; onClose: () => void }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const [form, setForm] = useState({
    id: '',
    publisher: regions[0] ?? '',
    subscriber: regions[1] ?? '',
    tables: '',
    tenants: '',
    raw: false,
  });
  const [found, setFound] = useState<Preflight | null>(null);
  const input = { ...form, tables: list(form.tables).map(table => ({ table })), tenants: list(form.tenants) };
  const missing = !form.id
    ? 'Give it a name first.'
    : input.tables.length === 0
      ? 'Name a table first.'
      : input.tenants.length === 0
        ? 'Name a tenant first.'
        : null;
  const look = useMutation({
    mutationFn: () => client.replication.preflight.query(input),
    onSuccess: setFound,
    onError: failed => toast.error(messageOf(failed)),
  });
  const make = useMutation(trpc.replication.create.mutationOptions());
  const create = async () => {
    try {
      const result = await make.mutateAsync(input);
      if (!announceWaiting(result)) toast.success(`${form.id} is being made.`);
      await queries.invalidateQueries({ queryKey: trpc.replication.pathKey() });
      onClose();
    } catch (failed) {
      toast.error(messageOf(failed));
    }
  };
  const set = (change: Partial<typeof form>) => {
    setForm({ ...form, ...change });
    setFound(null);
  };
  const text = (key: 'id' | 'tables' | 'tenants', label: string, hint?: string) => (
    <Field label={label} hint={hint}>
      {props => (
        <Input
          {...props}
          value={form[key]}
          onChange={e => set({ [key]: e.target.value })}
          autoComplete="off"
        />
      )}
    </Field>
  );
  const choice = (key: 'publisher' | 'subscriber', label: string) => (
    <Field label={label}>
      {props => (
        <Select {...props} value={form[key]} onChange={e => set({ [key]: e.target.value })}>
          {regions.map(region => (
            <option key={region}>{region}</option>
          ))}
        </Select>
      )}
    </Field>
  );
  return (
    <Dialog
      open
      onOpenChange={open => !open && onClose()}
      title="New stream"
      description="Both servers are looked at before anything is made."
      wide
    >
      <form
        className="grid gap-4"
        onSubmit={event => {
          event.preventDefault();
          if (!missing) look.mutate();
        }}
      >
        {text('id', 'Name', 'a–z, 0–9 and hyphens')}
        <div className="grid gap-4 sm:grid-cols-2">
          {choice('publisher', 'From')}
          {choice('subscriber', 'To')}
        </div>
        {text('tables', 'Tables', 'With their schema, separated by commas: app.customer, app.orders')}
        {text('tenants', 'Tenants', 'By their slug, separated by commas; only their rows leave the region')}
        <Checkbox
          checked={form.raw}
          onChange={e => set({ raw: e.target.checked })}
          label="Personal columns leave as they are (needs each tenant’s consent)"
        />
        {found ? <Checks found={found} /> : null}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" busy={look.isPending} why={missing}>
            Look at both servers
          </Button>
          <Button
            kind="primary"
            busy={make.isPending}
            why={
              !found ? 'Look at both servers first.' : found.ok ? null : 'Mend what preflight found first.'
            }
            onClick={() => void create()}
          >
            Make the stream
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Checks({ found }: { found: Preflight }) {
  const open = found.checks.filter(c => c.result !== 'pass');
  return (
    <section className="grid gap-2" aria-live="polite">
      <p className="font-medium">
        {found.ok
          ? `All ${found.checks.length} checks passed${found.simulated ? ', in the simulated world' : ''}.`
          : `${open.length} of ${found.checks.length} checks did not pass.`}
      </p>
      <ul className="divide-y border-t" aria-label="Checks">
        {[...open, ...found.checks.filter(c => c.result === 'pass')].map(c => (
          <li key={`${c.id} ${c.table}`} className="grid gap-1 py-2">
            <div className="flex flex-wrap items-center gap-x-2">
              <Pill tone={tones[c.result]}>{c.result}</Pill>
              <span className="font-medium">{c.title}</span>
              <span className="text-ink-2 text-sm">
                {c.side}
                {c.table ? `, ${c.table}` : ''}: {c.found}
              </span>
            </div>
            {c.mend ? (
              <div className="flex items-start gap-2 rounded-md bg-sunken p-2">
                <pre className="min-w-0 flex-1 overflow-x-auto whitespace-pre-wrap font-mono text-sm">
                  {c.mend}
                </pre>
                <CopyButton text={c.mend} label="Copy the SQL" />
              </div>
            ) : null}
            {c.mend && c.restart ? <p className="text-ink-2 text-sm">Then start the server anew.</p> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
