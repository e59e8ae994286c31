'use client';

import { Command } from 'cmdk';
import { useRouter } from 'next/navigation';
import { Dialog as Radix } from 'radix-ui';
import { useEffect, useState } from 'react';
import { useOpener } from '#components/ui/opener.ts';

export interface PaletteEntry {
  id: string;
  label: string;
  hint?: string;
  href?: string;
  run?: () => void;
}

export interface PaletteGroup {
  title: string;
  entries: PaletteEntry[];
}

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  groups: PaletteGroup[];
  /** Finds things by name while one types. */
  find: (text: string) => Promise<PaletteGroup[]>;
}

export default function CommandPalette({ open, onOpenChange, groups, find }: Props) {
  const router = useRouter();
  const giveBack = useOpener(open);
  const [text, setText] = useState('');
  const [found, setFound] = useState<PaletteGroup[]>([]);
  useEffect(() => {
    let current = true;
    if (text.trim().length < 2) {
      setFound([]);
      return;
    }
    const timer = setTimeout(() => void find(text.trim()).then(result => current && setFound(result)), 120);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text, find]);
  const choose = (entry: PaletteEntry) => {
    onOpenChange(false);
    setText('');
    if (entry.href) router.push(entry.href);
    entry.run?.();
  };
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-overlay" />
        <Radix.Content
          onCloseAutoFocus={giveBack}
          className="fixed inset-x-3 top-[12vh] z-50 mx-auto max-w-xl overflow-hidden rounded-lg border bg-surface shadow-card"
        >
          <Radix.Title className="sr-only">Search or run</Radix.Title>
          <Radix.Description className="sr-only">
            Type to go somewhere, find something by name, or run a command.
          </Radix.Description>
          <Command label="Search or run">
            <Command.Input
              value={text}
              onValueChange={setText}
              placeholder="Go to, find by name, or run …"
              className="w-full border-b bg-transparent px-4 py-3 outline-none placeholder:text-ink-3"
            />
            <Command.List className="max-h-[50vh] overflow-auto p-1">
              <Command.Empty className="px-3 py-6 text-center text-ink-2">
                Nothing by that name.
              </Command.Empty>
              {[...found, ...groups].map(group => (
                <Command.Group
                  key={group.title}
                  heading={group.title}
                  className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-ink-3 [&_[cmdk-group-heading]]:text-sm"
                >
                  {group.entries.map(entry => (
                    <Command.Item
                      key={entry.id}
                      value={`${entry.label} ${entry.id}`}
                      onSelect={() => choose(entry)}
                      className="flex cursor-pointer items-center gap-2 rounded px-2 py-1.5 data-[selected=true]:bg-sunken"
                    >
                      <span className="flex-1">{entry.label}</span>
                      {entry.hint ? <span className="text-ink-3 text-sm">{entry.hint}</span> : null}
                    </Command.Item>
                  ))}
                </Command.Group>
              ))}
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
