'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useRef } from 'react';
import type { NavigationItem } from './navigation-item.ts';
import { goesTo, isTyping, type Pressed } from './shortcuts.ts';

interface Props {
  items: NavigationItem[];
  onPalette: () => void;
  onHelp: () => void;
  hrefOf?: (href: string) => string;
}

const asItIs = (href: string) => href;

/** The keys that work everywhere, as long as nobody is typing. */
export function ShortcutListener({ items, onPalette, onHelp, hrefOf = asItIs }: Props) {
  const router = useRouter();
  const last = useRef<Pressed | null>(null);
  useEffect(() => {
    const targets = new Map(
      items
        .flatMap(item => [item, ...(item.children ?? [])])
        .flatMap(item => (item.shortcut ? [[item.shortcut, item.href] as const] : [])),
    );
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
      if (href) router.push(hrefOf(href));
      else if (event.key === '?') onHelp();
      else if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('[data-table-search]');
        if (!search) return;
        event.preventDefault();
        search.focus();
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [items, onPalette, onHelp, hrefOf, router]);
  return null;
}
