'use client';

import { useQuery } from '@tanstack/react-query';
import { useMe, useWhyNot } from '#components/platform/identity/session.tsx';
import { messageOf } from '#components/platform/live/problem.ts';
import { useTRPC } from '#components/platform/live/trpc.ts';
import { Button } from '#components/ui/button.tsx';
import { toast } from '#components/ui/toast.ts';
import { useAsk } from './use-ask.ts';

/** From a score to what could be done about it, in the tenant's first context; the form on the proposals page has the choice. */
export function AskButton({ tenantId, service = null }: { tenantId: string; service?: string | null }) {
  const trpc = useTRPC();
  const missing = useWhyNot('proposal:ask');
  const { permissions } = useMe();
  const enabled = missing === null;
  const contexts = useQuery({
    ...trpc.proposals.contexts.queryOptions({ tenant: tenantId }),
    enabled: enabled && permissions.includes('proposal:read'),
  });
  const risk = useQuery({
    ...trpc.risks.latest.queryOptions({ tenant_id: tenantId, ...(service === null ? {} : { service }) }),
    enabled: enabled && permissions.includes('risk:read'),
    refetchInterval: 5000,
  });
  const ask = useAsk();
  const context = contexts.data?.rows[0]?.id;
  const score = risk.data?.id;
  return (
    <Button
      why={missing ?? notYet(contexts.isFetched, context, risk.isFetched, score)}
      busy={ask.isPending}
      onClick={() => {
        if (context === undefined || score === undefined) return;
        ask.mutate(
          { tenant_id: tenantId, context_id: context, risk_id: score },
          { onError: error => toast.error(messageOf(error)) },
        );
      }}
    >
      What could be done
    </Button>
  );
}

function notYet(
  knowsContexts: boolean,
  context: string | undefined,
  knowsScore: boolean,
  score: string | undefined,
): string | null {
  if (knowsContexts && context === undefined) return 'This tenant has no context to ask within yet.';
  if (knowsScore && score === undefined) return 'There is no score yet.';
  if (context === undefined || score === undefined) return 'Reading the newest score …';
  return score === 'live' ? 'The newest score is being written down; a moment.' : null;
}
