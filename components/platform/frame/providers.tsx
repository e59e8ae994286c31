'use client';

import dynamic from 'next/dynamic';
import { ThemeProvider } from 'next-themes';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { type CSSProperties, type ReactNode, useEffect } from 'react';
import { TooltipProvider } from '#components/ui/tooltip.tsx';

/** It stands above everything: where it does not load, messages are missing, and nothing else. */
const Toaster = dynamic(
  () =>
    import('sonner').then(
      m => m.Toaster,
      () => () => null,
    ),
  { ssr: false },
);

/** Its own colours are the light ones whatever the theme, its letters the machine's. */
const paper = {
  fontFamily: 'inherit',
  '--normal-bg': 'var(--surface)',
  '--normal-border': 'var(--line-strong)',
  '--normal-text': 'var(--ink)',
} as CSSProperties;

export function Providers({ nonce, children }: { nonce: string; children: ReactNode }) {
  // What the server sent looks ready before keys and clicks count: whoever drives a browser by program waits for this.
  useEffect(() => {
    document.documentElement.dataset.alive = 'true';
  }, []);
  return (
    <ThemeProvider attribute="data-theme" nonce={nonce} disableTransitionOnChange>
      <NuqsAdapter>
        <TooltipProvider>{children}</TooltipProvider>
        <Toaster position="bottom-right" closeButton style={paper} />
      </NuqsAdapter>
    </ThemeProvider>
  );
}
