import type { ReactNode } from 'react';
import { Frame } from '#components/platform/frame/frame.tsx';
import { SessionProvider } from '#components/platform/identity/session.tsx';
import { DataProvider } from '#components/platform/live/provider.tsx';
import { StepUpProvider } from '#components/platform/mfa/step-up.tsx';
import { requirePage } from '#kernel/auth/next.ts';
import { env } from '#kernel/env/env.ts';
import { createCaller } from '#server/root.ts';

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const context = await requirePage();
  const me = await createCaller(context).identity.me();
  return (
    <DataProvider>
      <SessionProvider me={me}>
        <StepUpProvider>
          <Frame simulated={env().simulation}>{children}</Frame>
        </StepUpProvider>
      </SessionProvider>
    </DataProvider>
  );
}
