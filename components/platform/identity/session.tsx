'use client';

import { createContext, type ReactNode, useContext } from 'react';
import type { Me } from '#server/platform/identity/schema.ts';

const Session = createContext<Me | null>(null);

export function SessionProvider({ me, children }: { me: Me; children: ReactNode }) {
  return <Session.Provider value={me}>{children}</Session.Provider>;
}

export function useMe(): Me {
  const me = useContext(Session);
  if (!me) throw new Error('This part of the console needs a signed-in person.');
  return me;
}

/** null when permitted, otherwise why not: what a disabled button says. */
export function useWhyNot(permission: string): string | null {
  return useMe().permissions.includes(permission)
    ? null
    : `You lack the permission ${permission}. An administrator can give you a role that has it.`;
}
