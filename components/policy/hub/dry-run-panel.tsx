'use client';

import { useState } from 'react';
import { Time } from '#components/console/time.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPCClient } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import type { DryRunOutput } from '#server/policy/hub/schema.ts';
import { contentOf, type Fields } from './policy-fields.ts';

const number = (n: number) => n.toLocaleString('en');
const words: Record<DryRunOutput['transitions'][number]['from'], string> = {
  allow: 'allowed',
  deny: 'denied',
  approve: 'for an approver',
  limit: 'limited',
  none: 'no policy',
};

/** Tries what is typed against what was asked in the last day, before anybody is bound by it. */
export function DryRunPanel({ fields, why }: { fields: Fields; why: string | null }) {
  const client = useTRPCClient();
  const [run, setRun] = useState<{ of: string; result: DryRunOutput } | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const now = JSON.stringify(contentOf(fields));

  const tryIt = async () => {
    setBusy(true);
    setFailure(null);
    try {
      setRun({ of: now, result: await client.policies.dryRun.query(contentOf(fields)) });
    } catch (error) {
      setFailure(messageOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <section className="grid gap-2 rounded-md border p-3" aria-label="Dry run">
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="font-medium">Dry run</h3>
        <p className="text-ink-2 text-sm">against the decisions of the last 24 hours</p>
        <Button size="sm" className="ml-auto" busy={busy} why={why} onClick={() => void tryIt()}>
          Try it
        </Button>
      </div>
      <div aria-live="polite" className="grid gap-2">
        {failure ? <p className="text-bad">{failure}</p> : null}
        {run ? <Result {...run.result} kind={fields.kind} /> : null}
        {run && run.of !== now ? (
          <p className="text-sm text-watch">Something was changed since. Try it again.</p>
        ) : null}
      </div>
    </section>
  );
}

function Result(result: DryRunOutput & { kind: string }) {
  if (result.recorded === 0)
    return (
      <p>
        Nothing was asked of {result.kind} policies since <Time at={result.since} />, so there is nothing to
        try it against. That says nothing about what it will do.
      </p>
    );
  return (
    <>
      <p className="font-medium">
        {result.changed === 0
          ? `Nothing would have come out differently, of ${number(result.recorded)} decisions.`
          : `It would have denied ${number(result.denied)} of ${number(result.recorded)} decisions, and let ${number(result.admitted)} through that are denied now; ${number(result.changed)} come out differently in all.`}
      </p>
      {result.replayed < result.recorded ? (
        <p className="text-ink-2 text-sm">
          An estimate: {number(result.replayed)} were kept as a sample and replayed, each standing for its
          share.
        </p>
      ) : null}
      {result.transitions.length > 0 ? (
        <ul className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
          {result.transitions.map(({ from, to, count }) => (
            <li key={`${from} ${to}`} className="num">
              {number(count)} {from === to ? `${words[to]}, on other terms` : `${words[from]} → ${words[to]}`}
            </li>
          ))}
        </ul>
      ) : null}
      {result.examples.length > 0 ? (
        <ul className="divide-y border-t text-sm" aria-label="Examples">
          {result.examples.map(example => (
            <li key={`${example.at}${JSON.stringify(example.question)}`} className="grid gap-0.5 py-1.5">
              <span className="flex flex-wrap gap-x-2">
                <span className={example.to === 'deny' ? 'text-bad' : ''}>
                  {words[example.from]} → {words[example.to]}
                </span>
                <span className="text-ink-3">
                  <Time at={example.at} />
                </span>
              </span>
              <code className="break-all font-mono text-ink-2">
                {Object.entries(example.question)
                  .map(
                    ([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`,
                  )
                  .join(' ')}
              </code>
              {example.reasons.length > 0 ? (
                <span className="text-ink-2">{example.reasons.join(' ')}</span>
              ) : null}
            </li>
          ))}
        </ul>
      ) : null}
    </>
  );
}
