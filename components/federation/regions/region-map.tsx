'use client';

import dynamic from 'next/dynamic';
import { Skeleton } from '#components/ui/card.tsx';

/** The land shapes arrive after the page: the table below says the same. */
export const RegionMap = dynamic(() => import('./world-map.tsx'), {
  ssr: false,
  loading: () => <Skeleton className="aspect-[2.2] w-full rounded-lg" />,
});
