import { appendEntry } from '../ledger/append.ts';
import { declareEvents } from '../ledger/reading.ts';
import type { RequestContext } from './context.ts';
import { scopeOf } from './scope.ts';

declareEvents('audits', {
  'audit.read': { reads: e => `${e.who} looked at ${e.id}`, outcome: 'noted', routine: true },
  'audit.exported': { reads: e => `${e.who} took away ${e.id}`, outcome: 'done' },
});

const periodMs = 5 * 60_000;
const claimed = new Map<string, number>();

/**
 * What auditors read is itself recorded, once per session, resource and five minutes, by an append-only path of its own:
 * an auditor's database role can say that it read, and can write nothing else. A read that cannot be recorded is refused.
 */
export async function recordRead(
  from: RequestContext,
  resource: string,
  type: 'audit.read' | 'audit.exported' = 'audit.read',
): Promise<void> {
  const { principal, database, clock, request } = from;
  const now = clock.now();
  const period = Math.floor(now.getTime() / periodMs) * periodMs;
  const reader = `${principal.kind}:${principal.id}`;
  const session = principal.sessionId ?? '';
  const key = JSON.stringify([database.url('atom_auditor'), reader, session, type, resource]);
  if (claimed.get(key) === period) return;
  await database.write(scopeOf(principal), async tx => {
    const rows = await tx.$queryRaw<
      { first: boolean }[]
    >`select claim_read(${reader}, ${session}, ${`${type} ${resource}`}, ${new Date(period)}) as first`;
    if (!rows[0]?.first) return;
    await appendEntry(
      tx,
      {
        principal,
        now,
        channel: request.channel,
        ...(request.traceId ? { traceId: request.traceId } : {}),
      },
      { type, target: { kind: 'resource', id: resource } },
    );
  });
  if (claimed.size > 20_000) claimed.clear();
  claimed.set(key, period);
}

const named = ['id', 'ref', 'name', 'target', 'uid'] as const;

/** The procedure, and which row of it where the input names one. */
export function resourceOf(procedure: string, input: unknown): string {
  if (typeof input !== 'object' || input === null) return procedure;
  const found = named
    .map(name => (input as Record<string, unknown>)[name])
    .find(value => typeof value === 'string' && /^[\w.:@/-]{1,120}$/.test(value));
  return found === undefined ? procedure : `${procedure} ${String(found)}`;
}
