import { ShieldCheck } from 'lucide-react';
import { Tooltip } from '#components/ui/tooltip.tsx';

/** "This is in the ledger": promised until it has its position, then sealed. Used for nothing else. */
export function Seal({ state, index }: { state: 'promised' | 'sealed'; index?: number | null }) {
  const text =
    state === 'sealed' ? `In the ledger, entry ${index}` : 'Promised: it gets its position within a second';
  return (
    <Tooltip text={text}>
      <button type="button" aria-label={text} className={state === 'sealed' ? 'text-proof' : 'text-ink-3'}>
        <ShieldCheck className="size-4" />
      </button>
    </Tooltip>
  );
}
