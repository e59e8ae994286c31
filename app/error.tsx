'use client';

import { ErrorState } from '#components/console/states.tsx';
import { Button } from '#components/ui/button.tsx';

export default function Failed({ reset }: { error: Error; reset: () => void }) {
  return (
    <ErrorState title="This page could not be shown" action={<Button onClick={reset}>Try again</Button>}>
      The cause is in the log. Nothing was changed.
    </ErrorState>
  );
}
