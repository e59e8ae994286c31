'use client';

import { Monitor, Moon, Sun, User } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useTheme } from 'next-themes';
import { Button } from '#components/ui/button.tsx';
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '#components/ui/menu.tsx';
import { useMe } from '../identity/session.tsx';
import { signOut } from '../sessions/sign-in-client.ts';

export function UserMenu({ onHelp }: { onHelp: () => void }) {
  const me = useMe();
  const router = useRouter();
  const { setTheme } = useTheme();
  return (
    <Menu
      trigger={
        <Button kind="quiet" size="icon" aria-label={`Signed in as ${me.name}`}>
          <User className="size-4" />
        </Button>
      }
    >
      <MenuLabel>
        {me.displayName} · {me.roles.join(', ')}
      </MenuLabel>
      <MenuItem onSelect={() => router.push('/settings/profile')}>Profile</MenuItem>
      <MenuItem onSelect={() => router.push('/settings/security')}>Security</MenuItem>
      <MenuItem onSelect={onHelp}>Help and tour</MenuItem>
      <MenuSeparator />
      <MenuItem onSelect={() => setTheme('light')}>
        <Sun className="size-4" /> Light
      </MenuItem>
      <MenuItem onSelect={() => setTheme('dark')}>
        <Moon className="size-4" /> Dark
      </MenuItem>
      <MenuItem onSelect={() => setTheme('system')}>
        <Monitor className="size-4" /> As the system
      </MenuItem>
      <MenuSeparator />
      <MenuItem onSelect={() => void signOut()}>Sign out</MenuItem>
    </Menu>
  );
}
