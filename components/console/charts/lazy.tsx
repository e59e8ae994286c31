'use client';

import dynamic from 'next/dynamic';
import { Skeleton } from '#components/ui/card.tsx';

/** Charts arrive when a page needs one: pages without charts do not carry the library. */
export const TimeSeries = dynamic(() => import('./time-series.tsx').then(m => m.TimeSeries), {
  ssr: false,
  loading: () => <Skeleton className="h-52 w-full" />,
});
