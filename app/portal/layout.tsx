import type { ReactNode } from 'react';
import { SessionProvider } from '#components/platform/identity/session.tsx';
import { DataProvider } from '#components/platform/live/provider.tsx';
import { PortalFrame } from '#components/policy/portal/portal-frame.tsx';
import { pageContext } from '#kernel/auth/next.ts';
import { env } from '#kernel/env/env.ts';
import { createCaller } from '#server/root.ts';

/** No console around it: whoever only looks needs none, and the first page needs no account. */
export default async function PortalLayout({ children }: { children: ReactNode }) {
  const me = await createCaller(await pageContext()).identity.me();
  return (
    <DataProvider>
      <SessionProvider me={me}>
        <PortalFrame simulated={env().simulation}>{children}</PortalFrame>
      </SessionProvider>
    </DataProvider>
  );
}
