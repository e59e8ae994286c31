import { AlertTriangle, Check, CircleDashed, Minus, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { cn } from './cn.ts';

export type Tone = 'ok' | 'watch' | 'bad' | 'sim' | 'idle';

const tones: Record<Tone, string> = {
  ok: 'bg-ok-soft text-ok',
  watch: 'bg-watch-soft text-watch',
  bad: 'bg-bad-soft text-bad',
  sim: 'bg-sim-soft text-sim',
  idle: 'bg-sunken text-ink-2',
};
const icons = { ok: Check, watch: AlertTriangle, bad: X, sim: CircleDashed, idle: Minus };

/** Colour is never the only sign: each tone has its shape, and the word says it. */
export function Pill({
  tone = 'idle',
  children,
  className,
}: {
  tone?: Tone;
  children: ReactNode;
  className?: string;
}) {
  const Icon = icons[tone];
  return (
    <span
      className={cn(
        'inline-flex h-5 items-center gap-1 whitespace-nowrap rounded-full px-2 font-medium text-xs',
        tones[tone],
        className,
      )}
    >
      <Icon aria-hidden className="size-3" />
      {children}
    </span>
  );
}
