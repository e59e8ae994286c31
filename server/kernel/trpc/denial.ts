import { appendEntry } from '../ledger/append.ts';
import { declareEvents } from '../ledger/reading.ts';
import { log } from '../log/log.ts';
import { denials } from '../metrics/metrics.ts';
import type { RequestContext } from './context.ts';
import { mintAppScope } from './scope.ts';

declareEvents('console', {
  'access.denied': {
    reads: e => `${e.who} was refused ${e.id}, for want of the permission ${e.said('code')}`,
    outcome: 'refused',
  },
});

const recent = new Map<string, number>();
const quietMs = 60_000;

/** A denial is an event of its own; repeats within a minute are counted in the metric, not written again. */
export async function auditDenial(from: RequestContext, procedure: string, code: string): Promise<void> {
  denials.inc({ procedure });
  const now = from.clock.now();
  const key = `${from.principal.kind}:${from.principal.id}:${procedure}`;
  const last = recent.get(key);
  if (last !== undefined && now.getTime() - last < quietMs) return;
  if (recent.size > 10_000) recent.clear();
  recent.set(key, now.getTime());
  try {
    await from.database.write(mintAppScope(), tx =>
      appendEntry(
        tx,
        {
          principal: from.principal,
          now,
          procedure,
          channel: from.request.channel,
          ...(from.request.traceId ? { traceId: from.request.traceId } : {}),
        },
        {
          type: 'access.denied',
          target: { kind: 'procedure', id: procedure },
          detail: { code, channel: from.request.channel },
        },
      ),
    );
  } catch (error) {
    log().error({ event: 'audit.denial_unwritten', procedure, error });
  }
}
