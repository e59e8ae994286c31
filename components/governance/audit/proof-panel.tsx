'use client';

import { Check, CircleDashed, FlaskConical, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IdChip } from '#components/console/id-chip.tsx';
import { Button } from '#components/ui/button.tsx';
import { Skeleton } from '#components/ui/card.tsx';
import { cn } from '#components/ui/cn.ts';
import type { Step, Verification } from '#server/governance/audit/schema/proof.ts';
import type { ExplainedEntry } from '#server/governance/audit/schema.ts';
import { acceptKeys, originOf, pinnedKeys } from './known-keys.ts';
import { ReceiptButton } from './receipt-button.tsx';

const icons = { ok: Check, bad: X, unchecked: CircleDashed };
const tones = { ok: 'text-ok', bad: 'text-bad', unchecked: 'text-ink-3' };
const words = { ok: 'checked', bad: 'does not hold', unchecked: 'not checked' };

const verdicts: Record<Verification['verdict'], { text: string; tone: string }> = {
  verified: { text: 'Verified in this browser', tone: 'bg-ok-soft text-ok' },
  refused: { text: 'Does not verify', tone: 'bg-bad-soft text-bad' },
  promised: { text: 'Promised: its proof exists within a second or so', tone: 'bg-sunken text-ink-2' },
  incomplete: { text: 'Not everything could be checked', tone: 'bg-watch-soft text-watch' },
};

/** Recomputes the proof here, from the entry's bytes to the signatures; the server is not asked whether it holds. */
export function ProofPanel({ entry }: { entry: ExplainedEntry }) {
  const [tampered, setTampered] = useState(false);
  const [accepted, setAccepted] = useState(0);
  const [result, setResult] = useState<Verification | null>(null);
  const [since, setSince] = useState<string | null>(null);
  const { proof } = entry;
  const origin = originOf(proof.keys);
  // biome-ignore lint/correctness/useExhaustiveDependencies: accepting new keys is a reason to look again.
  useEffect(() => {
    let here = true;
    const pinned = pinnedKeys(origin, proof.keys);
    setSince(pinned.since);
    void import('#server/governance/audit/schema/proof.ts').then(
      async ({ verifyProof, withOneByteChanged }) => {
        const found = await verifyProof(tampered ? withOneByteChanged(proof) : proof, entry, pinned.keys);
        if (here) setResult(found);
      },
    );
    return () => {
      here = false;
    };
  }, [entry, proof, origin, tampered, accepted]);
  if (!result) return <Skeleton className="h-48" />;
  const strange = result.steps.some(step => step.id === 'pinned' && step.state === 'bad');
  const { text, tone } = verdicts[result.verdict];
  return (
    <section aria-label="Proof" className="grid gap-3">
      <p role="status" className={cn('rounded-md px-3 py-2 font-medium', tone)}>
        {text}
        {tampered ? ': one byte of the entry was changed, only here, to show that it is noticed' : ''}
      </p>
      <ol className="grid gap-2">
        {result.steps.map(step => (
          <StepLine key={`${step.id}${step.title}`} step={step} />
        ))}
      </ol>
      <div className="flex flex-wrap gap-2">
        <Button size="sm" onClick={() => setTampered(now => !now)}>
          <FlaskConical className="size-3.5" />{' '}
          {tampered ? 'Use the true bytes again' : 'Change one byte and see'}
        </Button>
        {strange ? (
          <Button
            size="sm"
            onClick={() => {
              acceptKeys(origin, proof.keys);
              setAccepted(n => n + 1);
            }}
          >
            The keys were replaced: accept these
          </Button>
        ) : null}
      </div>
      {entry.index === null ? null : <ReceiptButton uid={entry.uid} index={entry.index} />}
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        <dt className="text-ink-2">Leaf</dt>
        <dd>
          <IdChip id={proof.leaf} label="Copy the leaf hash" />
        </dd>
        {proof.keys.map(key => (
          <Key key={key} text={key} />
        ))}
        <dt className="text-ink-2">Keys known</dt>
        <dd className="num">{since ? `since ${since.slice(0, 10)}` : 'since this visit'}</dd>
      </dl>
    </section>
  );
}

function Key({ text }: { text: string }) {
  return (
    <>
      <dt className="text-ink-2">Verifier key</dt>
      <dd>
        <IdChip id={text} label="Copy the verifier key" />
      </dd>
    </>
  );
}

function StepLine({ step }: { step: Step }) {
  const Icon = icons[step.state];
  return (
    <li className="flex gap-2">
      <Icon aria-hidden className={cn('mt-0.5 size-4 shrink-0', tones[step.state])} />
      <div className="min-w-0">
        <p>
          {step.title} <span className={cn('text-sm', tones[step.state])}>{words[step.state]}</span>
        </p>
        <p className="text-ink-2 text-sm [overflow-wrap:anywhere]">{step.detail}</p>
      </div>
    </li>
  );
}
