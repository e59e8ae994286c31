'use client';

import { useQuery } from '@tanstack/react-query';
import { parseAsString, useQueryState } from 'nuqs';
import { Button } from '#components/ui/button.tsx';
import { Menu, MenuItem } from '#components/ui/menu.tsx';
import { useMe } from '../identity/session.tsx';
import { useTRPC } from '../live/trpc.ts';

/** What the page is about: kept in the URL, read by every list that knows regions. */
export const useScopeRegion = () => useQueryState('scope', parseAsString);

export function ScopeSwitcher() {
  const may = useMe().permissions.includes('region:read');
  const trpc = useTRPC();
  const [region, setRegion] = useScopeRegion();
  const { data } = useQuery({ ...trpc.regions.list.queryOptions({ limit: 100 }), enabled: may });
  if (!may) return null;
  return (
    <div className="hidden sm:block">
      <Menu align="start" trigger={<Button size="sm">{region ?? 'All regions'}</Button>}>
        <MenuItem onSelect={() => void setRegion(null)}>All regions</MenuItem>
        {data?.rows.map(row => (
          <MenuItem key={row.id} onSelect={() => void setRegion(row.id)}>
            {row.id}
          </MenuItem>
        ))}
      </Menu>
    </div>
  );
}
