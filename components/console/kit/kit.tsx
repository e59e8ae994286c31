'use client';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { ChartSection } from './chart-section.tsx';
import { ControlSection } from './control-section.tsx';
import { StateSection } from './state-section.tsx';
import { TableSection } from './table-section.tsx';

export function Kit() {
  const [client] = useState(() => new QueryClient());
  return (
    <QueryClientProvider client={client}>
      <main className="grid gap-10 p-4 md:p-8">
        <h1 className="font-semibold text-2xl">Kit</h1>
        <div className="grid gap-6 xl:grid-cols-2">
          {(['light', 'dark'] as const).map(theme => (
            <section
              key={theme}
              data-theme={theme}
              aria-label={theme}
              className="grid min-w-0 content-start gap-8 rounded-lg border bg-bg p-5 text-ink"
            >
              <h2 className="text-lg">{theme}</h2>
              <ControlSection theme={theme} />
              <StateSection />
              <ChartSection />
            </section>
          ))}
        </div>
        <TableSection />
      </main>
    </QueryClientProvider>
  );
}
