'use client';

import { Columns3, Trash2 } from 'lucide-react';
import { usePathname, useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { Field, Input } from '#components/ui/input.tsx';
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuSeparator } from '#components/ui/menu.tsx';
import { toast } from '#components/ui/toast.ts';
import type { Column } from './column.ts';
import type { Preferences } from './preferences.ts';

interface Props<Row> {
  preferences: Preferences;
  change: (change: Partial<Preferences>) => void;
  columns: Column<Row>[];
}

export function ViewMenu<Row>({ preferences, change, columns }: Props<Row>) {
  const router = useRouter();
  const path = usePathname();
  const [saving, setSaving] = useState(false);
  const { hidden, order, dense, views } = preferences;
  const reset = () => {
    change({ hidden: [], order: [], dense: false });
    toast('The table is as it comes again.', {
      action: { label: 'Undo', onClick: () => change({ hidden, order, dense }) },
    });
  };
  return (
    <>
      <Menu
        trigger={
          <Button size="sm" kind="quiet">
            <Columns3 className="size-3.5" /> View
          </Button>
        }
      >
        <MenuLabel>Columns</MenuLabel>
        {columns.map(column => {
          const on = !hidden.includes(column.id);
          return (
            <MenuCheck
              key={column.id}
              checked={on}
              onChange={wanted => {
                const rest = hidden.filter(id => id !== column.id);
                // A table without a column shows nothing to bring one back by.
                if (wanted || columns.length - rest.length > 1)
                  change({ hidden: wanted ? rest : [...rest, column.id] });
              }}
            >
              {column.label}
            </MenuCheck>
          );
        })}
        <MenuSeparator />
        <MenuCheck checked={dense} onChange={wanted => change({ dense: wanted })}>
          Dense rows
        </MenuCheck>
        <MenuItem onSelect={reset}>
          <span className="size-4" /> Reset columns and density
        </MenuItem>
        <MenuSeparator />
        <MenuLabel>Saved views</MenuLabel>
        {views.map(view => (
          <MenuItem key={view.query + view.name} onSelect={() => router.push(path + view.query)}>
            <span className="size-4" /> {view.name}
          </MenuItem>
        ))}
        <MenuItem onSelect={() => setSaving(true)}>
          <span className="size-4" /> {views.length > 0 ? 'Save or remove views …' : 'Save this view …'}
        </MenuItem>
      </Menu>
      <ViewsDialog open={saving} onClose={() => setSaving(false)} views={views} change={change} />
    </>
  );
}

function ViewsDialog({
  open,
  onClose,
  views,
  change,
}: {
  open: boolean;
  onClose: () => void;
  views: Preferences['views'];
  change: (change: Partial<Preferences>) => void;
}) {
  const [name, setName] = useState('');
  const taken = views.some(view => view.name === name.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    const query = new URLSearchParams(location.search);
    query.delete('peek');
    change({
      views: [
        ...views.filter(view => view.name !== name.trim()),
        { name: name.trim(), query: query.size > 0 ? `?${query}` : '' },
      ],
    });
    setName('');
    onClose();
  };
  const remove = (removed: Preferences['views'][number]) => {
    change({ views: views.filter(view => view !== removed) });
    toast(`"${removed.name}" is removed.`, {
      action: { label: 'Undo', onClick: () => change({ views }) },
    });
  };
  return (
    <Dialog
      open={open}
      onOpenChange={wanted => !wanted && onClose()}
      title="Saved views"
      description="A view keeps the search, the filters and the order. Your views follow you to every browser."
    >
      <form className="flex items-end gap-2" onSubmit={submit}>
        <div className="flex-1">
          <Field label="Save what is shown now as" hint={taken ? 'Replaces the view of that name.' : null}>
            {props => (
              <Input
                {...props}
                value={name}
                maxLength={60}
                onChange={event => setName(event.target.value)}
                placeholder="Critical, suspended"
              />
            )}
          </Field>
        </div>
        <Button kind="primary" type="submit" why={name.trim() ? null : 'Name the view first.'}>
          Save
        </Button>
      </form>
      {views.length > 0 ? (
        <ul className="mt-4 divide-y border-t">
          {views.map(view => (
            <li key={view.name} className="flex items-center gap-2 py-1.5">
              <span className="min-w-0 flex-1 truncate">{view.name}</span>
              <Button
                size="icon"
                kind="quiet"
                aria-label={`Remove ${view.name}`}
                onClick={() => remove(view)}
              >
                <Trash2 className="size-4" />
              </Button>
            </li>
          ))}
        </ul>
      ) : null}
    </Dialog>
  );
}
