'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Time } from '#components/console/time.tsx';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Pill, type Tone } from '#components/ui/pill.tsx';
import type { Precheck } from '#server/platform/environment/schema.ts';
import { useWhyNot } from '../identity/session.tsx';
import { messageOf } from '../live/problem.ts';
import { useTRPC, useTRPCClient } from '../live/trpc.ts';

interface Row {
  name: string;
  purpose: string;
  without: string;
  critical: string[];
  oneOf: string | null;
  set: boolean;
}

const decisionTone: Record<Precheck['decision'], Tone> = {
  PROCEED: 'ok',
  PROCEED_SIMULATION: 'sim',
  BLOCK: 'bad',
};
const stateTone = (state: string): Tone =>
  /^(REACHABLE|UP|OK|SET)$/.test(state) ? 'ok' : state === 'MISSING' ? 'idle' : 'bad';

export function PhasePanel({ phase, variables }: { phase: Precheck['phase']; variables: Row[] }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const why = useWhyNot('environment:check');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const { data } = useQuery(trpc.environment.latest.queryOptions());
  const last = data?.results.find(r => r.phase === phase);
  const run = async () => {
    setBusy(true);
    setFailure(null);
    try {
      await client.environment.precheck.mutate({ phase });
      await queries.invalidateQueries({ queryKey: trpc.environment.pathKey() });
    } catch (error) {
      setFailure(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card className="pb-1">
      <div className="flex flex-wrap items-center gap-3 border-b px-3.5 py-3">
        {last ? (
          <Pill tone={decisionTone[last.decision]}>{last.decision}</Pill>
        ) : (
          <span className="text-ink-2">Not checked yet.</span>
        )}
        {last ? (
          <span className="text-ink-2">
            looked <Time at={last.at} />
          </span>
        ) : null}
        <Button className="ml-auto" busy={busy} why={why} onClick={() => void run()}>
          Run precheck
        </Button>
      </div>
      {last && (last.blocked.length > 0 || last.productionBlockers.length > 0) ? (
        <ul className="grid gap-1 border-b px-3.5 py-2">
          {last.blocked.map(b => (
            <li key={b.policy + b.reason}>
              <Pill tone="watch">{`${b.policy} blocked`}</Pill> <span className="text-ink-2">{b.reason}</span>
            </li>
          ))}
          {last.productionBlockers.map(name => (
            <li key={name}>
              <Pill tone="watch">before production</Pill>{' '}
              <span className="text-ink-2">
                <code className="font-mono text-sm">{name}</code> must be there.
              </span>
            </li>
          ))}
        </ul>
      ) : null}
      {failure ? (
        <p role="alert" className="px-3.5 py-2 text-bad">
          {failure}
        </p>
      ) : null}
      <ul className="divide-y">
        {variables.map(v => {
          const state = last?.dependencies.find(d => d.variable === v.name)?.state;
          return (
            <li key={v.name} className="grid gap-1 px-3.5 py-2.5 md:grid-cols-[16rem_1fr_auto] md:gap-4">
              <span>
                <code className="font-mono text-sm">{v.name}</code>
                {v.critical.includes(phase) ? (
                  <span className="ml-2 text-ink-3 text-sm">
                    {v.oneOf ? `critical: ${v.oneOf}` : 'critical'}
                  </span>
                ) : null}
              </span>
              <span>
                {v.purpose} <span className="text-ink-2">{v.set ? '' : `Without it: ${v.without}`}</span>
              </span>
              <span>
                {state ? (
                  <Pill tone={stateTone(state)}>{state}</Pill>
                ) : v.set ? (
                  <Pill tone="ok">set</Pill>
                ) : (
                  <Pill>not set</Pill>
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
