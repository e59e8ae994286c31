import { randomUUID } from 'node:crypto';
import { env } from '#kernel/env/env.ts';
import { gauge } from '#kernel/metrics/metrics.ts';
import { writeReport } from '#kernel/reports/reports.ts';
import { askingContext } from '#kernel/trpc/commit.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { previousVersion, rollbackPolicy } from '#server/policy/hub/service/publish.ts';
import { syncEvent } from './events.ts';
import { type Desired, type Discrepancy, discrepancies, type Observed, toRollBack } from './rules.ts';
import { type FleetRow, lastRuns, openRows, resolvedRows, saveRun, selectFleet } from './store.ts';

/** More than so many relays in touch that do not hold a policy: it is taken back. */
export const discrepancyLimit = 3;
const limits = { graceMs: 10_000, silentMs: 10_000 };
const openNow = gauge('policy_sync_discrepancies', 'Relays and policies that do not agree with the hub');

/** One look at the whole fleet: what disagrees is recorded until it is mended, and what many cannot take is taken back. */
export async function checkFleet(ctx: CommandContext) {
  const now = ctx.clock.now();
  const { desired, observed } = fleetOf(await selectFleet(ctx.db));
  const found = discrepancies(desired, observed, now.getTime(), limits);
  const open = await openRows(ctx.db);
  const keyOf = (d: Pick<Discrepancy, 'relay' | 'policy' | 'kind' | 'desired'>) =>
    [d.relay, d.policy, d.kind, d.desired].join(' ');
  const known = new Set(open.map(keyOf));
  const still = new Set(found.map(keyOf));
  const opened = found.filter(d => !known.has(keyOf(d))).map(d => ({ ...d, id: randomUUID() }));
  const resolved = open.filter(d => !still.has(keyOf(d))).map(d => d.id);
  const policy = toRollBack(found, discrepancyLimit);
  const rolledBack = policy === null ? null : await takeBack(ctx, policy, found);
  const run = {
    relays: observed.length,
    policies: desired.length,
    discrepancies: found.length,
    opened: opened.length,
    resolved: resolved.length,
    rolledBack,
  };
  openNow.set(found.length);
  await ctx.commit(syncEvent('sync.checked', 'fleet', { ...run }), tx =>
    saveRun(tx, run, opened, resolved, now),
  );
  const state = await readSync(ctx);
  writeReport(
    'policy_sync_audit.json',
    `${JSON.stringify({ generated_at: now.toISOString(), ...state }, null, 2)}\n`,
  );
  return state;
}

/** In production the way back waits for people; elsewhere it is published at once, as a newer version with the old content. */
async function takeBack(
  ctx: CommandContext,
  policy: string,
  found: readonly Discrepancy[],
): Promise<string | null> {
  const version = found.find(d => d.policy === policy)?.desired ?? 0;
  const before = await previousVersion(ctx, policy, version);
  if (before === null) return null;
  const relays = found.filter(d => d.policy === policy).length;
  const input = {
    id: policy,
    toVersion: before,
    reason: `${relays} relays in touch do not hold version ${version}`,
  };
  // As if a person had called it: where approval is needed, people decide, and each of them sees why it was proposed.
  const asking = askingContext('policy_sync.check', ctx, 'policies.rollback', {
    policies: ['policy.publish'],
    input,
  });
  const back = await rollbackPolicy(asking, input);
  if ('status' in back) return `${policy}@${version}: waits for approval ${back.requestId}`;
  return `${policy}@${version} → ${back.version}`;
}

function fleetOf(rows: readonly FleetRow[]): { desired: Desired[]; observed: Observed[] } {
  const desired = new Map<string, Desired>();
  const relays = new Map<
    string,
    {
      relay: string;
      lastSeenAt: number | null;
      concerns: Set<string>;
      held: Map<string, { version: number; hash: string }>;
    }
  >();
  for (const row of rows) {
    const relay = relays.get(row.relay) ?? {
      relay: row.relay,
      lastSeenAt: row.lastSeenAt === null ? null : Date.parse(row.lastSeenAt),
      concerns: new Set<string>(),
      held: new Map<string, { version: number; hash: string }>(),
    };
    relays.set(row.relay, relay);
    if (row.policy === null) continue;
    if (row.desired !== null && row.hash !== null) {
      relay.concerns.add(row.policy);
      desired.set(row.policy, {
        policy: row.policy,
        version: row.desired,
        hash: row.hash,
        since: row.since === null ? 0 : Date.parse(row.since),
      });
    }
    if (row.heldVersion !== null && row.heldHash !== null)
      relay.held.set(row.policy, { version: row.heldVersion, hash: row.heldHash });
  }
  return { desired: [...desired.values()], observed: [...relays.values()] };
}

export async function readSync(ctx: ReadContext) {
  const [runs, open, resolved] = await Promise.all([
    lastRuns(ctx.db),
    openRows(ctx.db),
    resolvedRows(ctx.db),
  ]);
  return {
    status: open.length === 0 ? ('ok' as const) : ('degraded' as const),
    system: 'policySync' as const,
    simulated: env().simulation,
    limit: discrepancyLimit,
    run: runs[0] ?? null,
    runs,
    open,
    resolved,
  };
}
