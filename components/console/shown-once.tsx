'use client';

import { Button } from '#components/ui/button.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';

interface Props {
  title: string;
  about: string;
  secret: string | null;
  onDone: () => void;
}

/** A generated secret, visible this one time: closing takes a deliberate press. */
export function ShownOnce({ title, about, secret, onDone }: Props) {
  return (
    <Dialog open={secret !== null} onOpenChange={onDone} held title={title} description={about}>
      <div className="grid gap-4">
        <p className="flex items-start gap-2 rounded-md border bg-sunken p-3">
          <span className="break-all font-mono" data-testid="shown-once">
            {secret}
          </span>
          <span className="ml-auto">
            <CopyButton text={secret ?? ''} label="Copy" />
          </span>
        </p>
        <div className="flex justify-end">
          <Button kind="primary" onClick={onDone}>
            I have kept it
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
