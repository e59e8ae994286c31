import type { ReactNode } from 'react';
import { Frame } from '#components/platform/frame/frame.tsx';
import { SessionProvider } from '#components/platform/identity/session.tsx';
import { DataProvider } from '#components/platform/live/provider.tsx';
import { StepUpProvider } from '#components/platform/mfa/step-up.tsx';
import { PreferencesProvider } from '#components/platform/preferences/provider.tsx';
import { requirePage } from '#kernel/auth/next.ts';
import { env } from '#kernel/env/env.ts';
import { createCaller } from '#server/root.ts';

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  const context = await requirePage();
  const caller = createCaller(context);
  const [me, preferences] = await Promise.all([caller.identity.me(), caller.preferences.mine()]);
  return (
    <DataProvider>
      <SessionProvider me={me}>
        <StepUpProvider>
          <PreferencesProvider initial={preferences}>
            <Frame simulated={env().simulation}>{children}</Frame>
          </PreferencesProvider>
        </StepUpProvider>
      </SessionProvider>
    </DataProvider>
  );
}
