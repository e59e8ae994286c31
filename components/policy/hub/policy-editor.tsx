'use client';

import dynamic from 'next/dynamic';
import { Skeleton } from '#components/ui/card.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import type { PolicyDetail } from '#server/policy/hub/schema.ts';

const PolicyForm = dynamic(() => import('./policy-form.tsx').then(m => m.PolicyForm), {
  ssr: false,
  loading: () => <Skeleton className="h-96" />,
});

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Given = a new version of it. */
  policy?: PolicyDetail;
  onDone: (id: string) => void;
}

/** Writes a policy or its next version; shows what changes, and what would have come out differently, before it goes out. */
export function PolicyEditor({ open, onOpenChange, policy, onDone }: Props) {
  return (
    <Dialog
      wide
      open={open}
      onOpenChange={onOpenChange}
      title={policy ? `New version of ${policy.id}` : 'New policy'}
      description="It is signed twice, staged at every reachable relay it concerns, and activated on all of them together."
    >
      {open ? (
        <PolicyForm {...(policy ? { policy } : {})} onDone={onDone} onCancel={() => onOpenChange(false)} />
      ) : null}
    </Dialog>
  );
}
