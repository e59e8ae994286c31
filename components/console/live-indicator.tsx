'use client';

import { useEffect, useState } from 'react';
import { cn } from '#components/ui/cn.ts';

/** How old the stream is: green while fresh, grey and said so when nothing was heard for a while. */
export function LiveIndicator({ heardAt }: { heardAt: number | null }) {
  const [now, setNow] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const age = heardAt === null || now === 0 ? null : Math.max(0, (now - heardAt) / 1000);
  const stale = age === null || age > 25;
  return (
    <span role="status" className="inline-flex items-center gap-1.5 whitespace-nowrap text-ink-2">
      <span aria-hidden className={cn('size-2 rounded-full', stale ? 'bg-ink-3' : 'bg-ok')} />
      <span className="hidden sm:inline">
        {age === null ? 'Connecting' : stale ? `Stale · ${Math.round(age)} s` : 'Live'}
      </span>
    </span>
  );
}
