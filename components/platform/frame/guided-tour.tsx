'use client';

import { usePathname, useRouter } from 'next/navigation';
import { useMemo } from 'react';
import { Tour } from '#components/console/tour.tsx';
import { toast } from '#components/ui/toast.ts';
import { useMe } from '../identity/session.tsx';
import { useTour } from '../preferences/provider.tsx';
import { tourFor } from './tour-steps.ts';

export function GuidedTour({ simulated, hrefOf }: { simulated: boolean; hrefOf: (href: string) => string }) {
  const router = useRouter();
  const path = usePathname();
  const { permissions } = useMe();
  const { progress, save } = useTour();
  const steps = useMemo(() => tourFor(permissions, simulated), [permissions, simulated]);
  const at = Math.min(progress.step, steps.length - 1);
  const move = (to: number) => {
    const href = steps[to]?.href;
    if (href && href !== path) router.push(hrefOf(href));
    save({ state: 'open', step: to });
  };
  return (
    <Tour
      steps={steps}
      at={at}
      onMove={move}
      onLater={() => {
        save({ state: 'later', step: at });
        toast('The tour waits for you under Help.', {
          action: { label: 'Resume', onClick: () => save({ state: 'open', step: at }) },
        });
      }}
      onDone={() => save({ state: 'done', step: 0 })}
    />
  );
}
