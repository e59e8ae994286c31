'use client';

import { useEffect, useRef, useState } from 'react';
import { Time } from '#components/console/time.tsx';
import { useTRPCClient } from '#components/platform/live/trpc.ts';
import { Pill } from '#components/ui/pill.tsx';
import { ScrollArea } from '#components/ui/scroll-area.tsx';
import type { LedgerHead } from '#server/governance/audit/schema.ts';
import { pinnedKeys, remembered, rememberHead } from './known-keys.ts';

interface Checked {
  state: 'ok' | 'bad' | 'unchecked';
  text: string;
}

/** The newest checkpoint, checked here: its signatures, and that it extends what this browser saw before. */
export function CheckpointCard({
  head,
  consistency,
}: {
  head: LedgerHead;
  /** Where to ask for the proof that the tree only grew; by default as somebody who may read the ledger. */
  consistency?: (from: number, to: number) => Promise<string[]>;
}) {
  const client = useTRPCClient();
  const ask = useRef(consistency);
  useEffect(() => {
    ask.current = consistency;
  });
  const [checked, setChecked] = useState<Checked | null>(null);
  const { origin, checkpoint, keys, size } = head;
  useEffect(() => {
    let here = true;
    if (checkpoint === null) return;
    const pinned = pinnedKeys(origin, keys).keys;
    const before = remembered(origin)?.head ?? null;
    void import('#server/governance/audit/schema/head.ts')
      .then(({ checkHead }) =>
        checkHead(
          checkpoint,
          keys,
          pinned,
          before,
          ask.current ?? (async (from, to) => (await client.audits.consistency.query({ from, to })).path),
        ),
      )
      .then(({ head: signed, ...result }) => {
        if (result.state === 'ok' && signed) rememberHead(origin, signed);
        if (here) setChecked(result);
      })
      .catch(
        () =>
          here && setChecked({ state: 'unchecked', text: 'The checkpoint could not be checked just now.' }),
      );
    return () => {
      here = false;
    };
  }, [checkpoint, origin, keys, client]);
  const cosigning = head.witnesses.filter(w => w.size !== null);
  return (
    <details className="rounded-lg border bg-surface shadow-card">
      <summary className="flex cursor-pointer flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2.5">
        <span className="font-semibold">Checkpoint</span>
        <span className="num text-ink-2">{size.toLocaleString('en')} entries</span>
        {head.at ? <Time at={head.at} /> : null}
        {checked ? (
          <Pill tone={checked.state === 'ok' ? 'ok' : checked.state === 'bad' ? 'bad' : 'idle'}>
            {checked.state === 'ok'
              ? 'verified here'
              : checked.state === 'bad'
                ? 'does not verify'
                : 'not checked'}
          </Pill>
        ) : null}
        <span className="text-ink-3 text-sm">
          {head.witnesses.length === 0
            ? 'no witness is set up'
            : `${cosigning.length} of ${head.witnesses.length} witnesses cosign`}
          {head.witnessesRequired > 0 ? `; ${head.witnessesRequired} required` : ''}
        </span>
      </summary>
      <div className="grid gap-3 border-t p-3.5">
        {checked ? (
          <p className={checked.state === 'bad' ? 'text-bad' : 'text-ink-2'}>{checked.text}</p>
        ) : null}
        <ScrollArea label="Checkpoint" className="rounded-md bg-sunken p-3">
          <pre className="font-mono text-sm">
            {(checkpoint ?? 'None yet.').replace(/(— \S+ \S{24})\S+/g, '$1…')}
          </pre>
        </ScrollArea>
        {head.witnesses.length > 0 ? (
          <ul className="divide-y rounded-md border">
            {head.witnesses.map(witness => (
              <li key={witness.name} className="flex flex-wrap gap-x-3 px-3 py-2">
                <span className="font-medium">{witness.name}</span>
                <span className="text-ink-2">{witness.state}</span>
                <span className="num text-ink-2">
                  {witness.size === null
                    ? 'nothing cosigned yet'
                    : `${witness.size.toLocaleString('en')} entries`}
                </span>
                <Time at={witness.at} />
              </li>
            ))}
          </ul>
        ) : (
          <p className="text-ink-2">
            A witness is another console or a relay that cosigns checkpoints. Without one, a ledger that was
            rewritten as a whole would be noticed only by browsers and archives that saw it before.
          </p>
        )}
      </div>
    </details>
  );
}
