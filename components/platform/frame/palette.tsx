'use client';

import { useCallback } from 'react';
import CommandPalette, { type PaletteGroup } from '#components/console/command-palette.tsx';
import type { NavigationItem } from '#components/console/frame/navigation-item.ts';
import { useTRPCClient } from '../live/trpc.ts';
import { useScope } from './scope.tsx';
import { isNarrowed } from './scope-words.ts';

/** Goes, finds by name, narrows the scope. */
export default function Palette({
  items,
  onOpenChange,
  hrefOf,
}: {
  items: NavigationItem[];
  onOpenChange: (open: boolean) => void;
  hrefOf: (href: string) => string;
}) {
  const client = useTRPCClient();
  const { scope, setScope, clear } = useScope();
  const find = useCallback(
    async (text: string): Promise<PaletteGroup[]> => {
      const [approvals, regions, tenants] = await Promise.all([
        client.approvals.list.query({ search: text, limit: 5, dir: 'desc' }).catch(() => null),
        client.regions.list.query({ search: text, limit: 5 }).catch(() => null),
        client.tenants.list.query({ search: text, limit: 5 }).catch(() => null),
      ]);
      const inScope = [
        ...(regions?.rows ?? []).map(r => ({
          id: `scope-region-${r.id}`,
          label: `Show only region ${r.id}`,
          run: () => setScope({ region: r.id }),
        })),
        ...(tenants?.rows ?? []).map(t => ({
          id: `scope-tenant-${t.id}`,
          label: `Show only tenant ${t.name}`,
          hint: t.id,
          run: () => setScope({ tenant: t.id }),
        })),
      ];
      return [
        {
          title: 'Approvals',
          entries: (approvals?.rows ?? []).map(a => ({
            id: `approval-${a.id}`,
            label: a.title,
            hint: a.state,
            href: hrefOf(`/approvals/${a.id}`),
          })),
        },
        {
          title: 'Regions',
          entries: (regions?.rows ?? []).map(r => ({
            id: `region-${r.id}`,
            label: r.id,
            hint: r.state,
            href: hrefOf(`/federation/regions/${r.id}`),
          })),
        },
        {
          title: 'Tenants',
          entries: (tenants?.rows ?? []).map(t => ({
            id: `tenant-${t.id}`,
            label: t.name,
            hint: t.id,
            href: hrefOf(`/federation/tenants/${t.id}`),
          })),
        },
        { title: 'Scope', entries: inScope },
      ].filter(group => group.entries.length > 0);
    },
    [client, hrefOf, setScope],
  );
  const groups: PaletteGroup[] = [
    {
      title: 'Go to',
      entries: items
        .flatMap(item => [item, ...(item.children ?? [])])
        .map(({ id, label, href, shortcut }) => ({
          id,
          label,
          href: hrefOf(href),
          ...(shortcut ? { hint: `g ${shortcut}` } : {}),
        })),
    },
    ...(isNarrowed(scope)
      ? [{ title: 'Run', entries: [{ id: 'clear-scope', label: 'Clear the scope', run: clear }] }]
      : []),
  ];
  return <CommandPalette open onOpenChange={onOpenChange} groups={groups} find={find} />;
}
