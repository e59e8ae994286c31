'use client';

import { useEffect, useState } from 'react';
import { Tooltip } from '#components/ui/tooltip.tsx';

const two = (n: number) => String(n).padStart(2, '0');

function left(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** How long there is; a late one is red in words and colour. */
export function Countdown({ until }: { until: string }) {
  const [now, setNow] = useState<number | null>(null);
  useEffect(() => {
    const tick = () => setNow(Date.now());
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, []);
  const utc = `${until.slice(0, 19).replace('T', ' ')} UTC`;
  const ms = now === null ? null : Date.parse(until) - now;
  const soon = ms !== null && ms < 30 * 60_000;
  return (
    <Tooltip text={utc}>
      <span
        role="timer"
        className={`num inline-flex h-5 items-center whitespace-nowrap rounded-full px-2 font-medium text-xs ${
          soon ? 'bg-bad-soft text-bad' : 'bg-sunken text-ink-2'
        }`}
      >
        {ms === null ? utc.slice(0, 16) : ms <= 0 ? 'expired' : `expires in ${left(ms)}`}
      </span>
    </Tooltip>
  );
}
