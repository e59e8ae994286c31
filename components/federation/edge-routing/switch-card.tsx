'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Properties } from '#components/console/detail.tsx';
import { useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { Card } from '#components/ui/card.tsx';
import { Pill } from '#components/ui/pill.tsx';
import { toast } from '#components/ui/toast.ts';
import type { FailoverSettings } from '#server/federation/edge-routing/schema.ts';

/** Whether the console asks by itself. It never fails over by itself: somebody always has to agree. */
export function SwitchCard({ settings, breaker }: { settings: FailoverSettings; breaker: string | null }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const why = useWhyNot('failover:write');
  const change = useMutation(trpc.edgeRouting.settings.mutationOptions());
  const turn = async () => {
    try {
      await change.mutateAsync({ automatic: !settings.automatic });
      await queries.invalidateQueries({ queryKey: trpc.edgeRouting.pathKey() });
    } catch (failed) {
      toast.error(messageOf(failed));
    }
  };
  return (
    <Card title="Automatic proposals">
      <div className="grid gap-4 p-3.5">
        <div className="flex flex-wrap items-center gap-3">
          <Pill tone={settings.automatic ? 'ok' : 'idle'}>{settings.automatic ? 'on' : 'off'}</Pill>
          <p className="max-w-2xl text-ink-2">
            {settings.automatic
              ? 'Once enough observers agree that a region is down, an approval is asked for. Nothing happens before somebody agrees.'
              : 'Nothing is proposed, whatever the observers see. A loss is still shown here and in the ledger.'}
          </p>
          <Button
            className="ml-auto"
            why={why}
            busy={change.isPending}
            aria-pressed={settings.automatic}
            onClick={() => void turn()}
          >
            {settings.automatic ? 'Turn off' : 'Turn on'}
          </Button>
        </div>
        <Properties
          items={[
            ['Observers that agree', `at least ${settings.quorum}`],
            ['Held down', `${settings.holdDownMinutes} minutes after a failover`],
            ['At most', `${settings.maxPerHour} failovers an hour`],
            ['Breaker', breaker ?? 'closed: one may be proposed'],
          ]}
        />
      </div>
    </Card>
  );
}
