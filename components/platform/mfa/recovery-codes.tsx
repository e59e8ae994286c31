'use client';

import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { CopyButton } from '#components/ui/copy-button.tsx';
import { Checkbox } from '#components/ui/input.tsx';

/** Shown once. Leaving needs a word that they are kept somewhere. */
export function RecoveryCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const [kept, setKept] = useState(false);
  const text = codes.join('\n');
  return (
    <div className="grid gap-4">
      <p>
        Each of these codes signs you in once, should you lose the device. They are shown now and never again.
      </p>
      <div className="relative rounded-md border bg-sunken p-3">
        <ol className="grid grid-cols-2 gap-x-6 gap-y-1 font-mono text-sm" aria-label="Recovery codes">
          {codes.map(code => (
            <li key={code}>{code}</li>
          ))}
        </ol>
        <span className="absolute top-2 right-2">
          <CopyButton text={text} label="Copy all recovery codes" />
        </span>
      </div>
      <Checkbox
        label="I keep them in a safe place"
        checked={kept}
        onChange={event => setKept(event.target.checked)}
      />
      <div className="flex justify-end">
        <Button kind="primary" onClick={onKept} why={kept ? null : 'Say first that you keep them.'}>
          Done
        </Button>
      </div>
    </div>
  );
}
