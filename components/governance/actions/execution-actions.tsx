'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { DangerDialog } from '#components/console/danger-dialog.tsx';
import { announceWaiting } from '#components/governance/approvals/waiting.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC, useTRPCClient } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { toast } from '#components/ui/toast.ts';
import type { ExecutionDetail } from '#server/governance/actions/schema.ts';

type Ask = 'stop' | 'rollback' | 'on' | 'back';
const words: Record<Ask, [title: string, action: string, blast: string]> = {
  stop: ['Stop this execution', 'Stop', 'The next step does not begin, and what was done is taken back.'],
  rollback: [
    'Take this back',
    'Take it back',
    'Its steps are undone from the last to the first, and looked at.',
  ],
  on: [
    'Go on',
    'Go on',
    'It waits for people. The next change is made now, if nothing holds it back any more.',
  ],
  back: ['Take this back', 'Take it back', 'It waits for people. What was done so far is undone.'],
};

export function ExecutionActions({ execution }: { execution: ExecutionDetail }) {
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const mayRun = useWhyNot('action:execute');
  const mayStop = useWhyNot('action:stop');
  const [ask, setAsk] = useState<Ask | null>(null);
  const { whyNot } = execution;
  const id = { exec_id: execution.id };
  const refresh = () => queries.invalidateQueries({ queryKey: trpc.actions.pathKey() });
  const act = async (reason: string) => {
    const call = () =>
      ask === 'stop'
        ? client.actions.stop.mutate({ ...id, reason })
        : ask === 'rollback'
          ? client.actions.rollback.mutate({ ...id, reason })
          : client.actions.decide.mutate({ ...id, reason, go_on: ask === 'on' });
    const result = await call().catch(failure => Promise.reject(new Error(messageOf(failure))));
    await refresh();
    announceWaiting(result);
  };
  const run = async () => {
    try {
      announceWaiting(await client.actions.run.mutate(id));
      await refresh();
    } catch (failure) {
      toast.error(messageOf(failure));
    }
  };
  const [title, action, blast] = words[ask ?? 'stop'];
  return (
    <>
      {whyNot.run === null ? (
        <Button kind="primary" why={mayRun} onClick={() => void run()}>
          Ask for approval
        </Button>
      ) : null}
      {whyNot.decide === null ? (
        <>
          <Button why={mayStop} onClick={() => setAsk('on')}>
            Go on
          </Button>
          <Button kind="danger" why={mayStop} onClick={() => setAsk('back')}>
            Take it back
          </Button>
        </>
      ) : null}
      {execution.endedAt === null ? (
        <Button kind="danger" why={mayStop ?? whyNot.stop} onClick={() => setAsk('stop')}>
          Stop
        </Button>
      ) : null}
      {execution.state === 'succeeded' && !execution.dryRun ? (
        <Button kind="danger" why={mayRun ?? whyNot.rollback} onClick={() => setAsk('rollback')}>
          Take it back
        </Button>
      ) : null}
      <DangerDialog
        open={ask !== null}
        onOpenChange={open => (open ? null : setAsk(null))}
        title={title}
        blast={
          <p>
            {blast} {execution.assessment.blast.words}
          </p>
        }
        typeName={execution.id}
        action={action}
        onConfirm={act}
      />
    </>
  );
}
