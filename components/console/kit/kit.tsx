'use client';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useTheme } from 'next-themes';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { ChartSection } from './chart-section.tsx';
import { ControlSection } from './control-section.tsx';
import { DetailSection } from './detail-section.tsx';
import { OverlaySection } from './overlay-section.tsx';
import { StateSection } from './state-section.tsx';
import { TabSection } from './tab-section.tsx';
import { TableSection } from './table-section.tsx';
import { TableStates } from './table-states.tsx';

const themes = ['light', 'dark'] as const;

export function Kit() {
  const [client] = useState(() => new QueryClient());
  const { setTheme } = useTheme();
  return (
    <QueryClientProvider client={client}>
      <main className="grid gap-10 p-4 md:p-8">
        <h1 className="font-semibold text-2xl">Kit</h1>
        <div className="grid gap-6 xl:grid-cols-2">
          {themes.map(theme => (
            <section
              key={theme}
              data-theme={theme}
              aria-label={theme}
              className="grid min-w-0 content-start gap-8 rounded-lg border bg-bg p-5 text-ink"
            >
              <h2 className="text-lg">{theme}</h2>
              <ControlSection theme={theme} />
              <TabSection theme={theme} />
              <DetailSection />
              <StateSection />
              <ChartSection />
            </section>
          ))}
        </div>
        <section aria-label="In the page’s theme" className="grid gap-6">
          <div className="flex flex-wrap items-center gap-2">
            <h2 className="mr-auto text-lg">In the page’s theme</h2>
            {themes.map(theme => (
              <Button key={theme} size="sm" onClick={() => setTheme(theme)}>
                Page in {theme}
              </Button>
            ))}
          </div>
          <OverlaySection />
          <TableSection />
          <TableStates />
        </section>
      </main>
    </QueryClientProvider>
  );
}
