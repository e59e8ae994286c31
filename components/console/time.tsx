'use client';

import { useEffect, useState } from 'react';
import { Tooltip } from '#components/ui/tooltip.tsx';
import { relativeTime } from './relative-time.ts';

/** Relative for reading, exact UTC on hover. Rendered as UTC first, so that server and browser agree. */
export function Time({ at }: { at: string | null }) {
  const [now, setNow] = useState<number | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new moment is told against the present one.
  useEffect(() => {
    const tick = () => setNow(Date.now());
    tick();
    const timer = setInterval(tick, 10_000);
    return () => clearInterval(timer);
  }, [at]);
  if (at === null) return <span className="text-ink-3">never</span>;
  const utc = `${at.slice(0, 19).replace('T', ' ')} UTC`;
  return (
    <Tooltip text={utc}>
      <time dateTime={at} className="num whitespace-nowrap">
        {now === null ? utc.slice(0, 16) : relativeTime(Date.parse(at), now)}
      </time>
    </Tooltip>
  );
}
