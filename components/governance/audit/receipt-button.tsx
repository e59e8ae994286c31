'use client';

import { Download } from 'lucide-react';
import { useState } from 'react';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPCClient } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';

const tooEarly = 'No signed checkpoint covers this entry yet. Try again in a second.';

/** The entry with its path and checkpoint as one file: it verifies without this console, and when the console is gone. */
export function ReceiptButton({ uid, index }: { uid: string; index: number }) {
  const client = useTRPCClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const file = `entry-${index}.tlog-proof`;
  const take = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const { receipt } = await client.audits.receipt.query({ uid });
      if (receipt === null) return setProblem(tooEarly);
      const url = URL.createObjectURL(new Blob([receipt], { type: 'text/plain' }));
      const link = document.createElement('a');
      link.href = url;
      link.download = file;
      link.click();
      URL.revokeObjectURL(url);
    } catch (error) {
      setProblem(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="grid gap-1">
      <div className="flex flex-wrap items-center gap-2">
        <Button size="sm" busy={busy} onClick={() => void take()}>
          <Download aria-hidden className="size-3.5" /> Take the receipt
        </Button>
        <code className="font-mono text-ink-2 text-sm [overflow-wrap:anywhere]">
          {`npm run atom -- ledger verify --receipt ${file} --key VKEY --key VKEY`}
        </code>
      </div>
      <p role="alert" className={problem ? 'text-bad' : 'sr-only'}>
        {problem}
      </p>
    </div>
  );
}
