'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useRef, useState } from 'react';
import { Kbd } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import type { NavigationItem } from './navigation-item.ts';
import { goesTo, isTyping, type Pressed } from './shortcuts.ts';

const flat = (items: NavigationItem[]) =>
  items.flatMap(item => [item, ...(item.children ?? [])]).filter(item => item.shortcut);

export function ShortcutListener({ items, onPalette }: { items: NavigationItem[]; onPalette: () => void }) {
  const router = useRouter();
  const last = useRef<Pressed | null>(null);
  const [help, setHelp] = useState(false);
  useEffect(() => {
    const targets = new Map(flat(items).map(item => [item.shortcut ?? '', item.href]));
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key === 'k') {
        event.preventDefault();
        onPalette();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
      const now = Date.now();
      const href = goesTo(last.current, event.key, now, targets);
      last.current = { key: event.key, at: now };
      if (href) router.push(href);
      else if (event.key === '?') setHelp(true);
      else if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('[data-table-search]');
        if (!search) return;
        event.preventDefault();
        search.focus();
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [items, onPalette, router]);
  const rows: [string, string][] = [
    ['⌘ K', 'Search or run'],
    ['/', 'Search this list'],
    ['j  k', 'Next and previous row'],
    ['Enter', 'Open the row'],
    ['a  d', 'Approve or deny the chosen request'],
    ...flat(items).map((item): [string, string] => [`g  ${item.shortcut}`, item.label]),
  ];
  return (
    <Dialog open={help} onOpenChange={setHelp} title="Keyboard shortcuts">
      <dl className="grid grid-cols-[6rem_1fr] gap-y-2">
        {rows.map(([keys, what]) => (
          <div key={keys} className="contents">
            <dt>
              <Kbd>{keys}</Kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
