import type { CommandContext } from '#kernel/trpc/context.ts';
import { listPoliciesInput } from '../schema.ts';
import { countPolicies } from '../store/views.ts';
import { publishPolicy } from './publish.ts';

/** What the simulated world is governed by: published like any other, by the part of the console that sets it up. */
const first = [
  {
    id: 'retention-default',
    kind: 'retention',
    document: { defaultDays: 7, rules: [{ dataClass: 'health', days: 3 }] },
    staleness: 'serve',
  },
  {
    id: 'autonomy-default',
    kind: 'autonomy',
    document: {
      tiers: { low: 'auto', medium: 'approve', high: 'approve', critical: 'deny' },
      actions: { scale: { maxFactor: 3 }, 'rotate-keys': { mode: 'approve' }, failover: { mode: 'approve' } },
      globalThreshold: 0.2,
    },
    staleness: { failClosedAfterSeconds: 300 },
  },
  {
    id: 'residency-personal-data',
    kind: 'residency',
    document: { rules: [{ dataClasses: ['personal', 'health', 'financial'], deniedRegions: ['sa-east'] }] },
    staleness: { failClosedAfterSeconds: 60 },
  },
  {
    id: 'consent-default',
    kind: 'consent',
    document: { granted: ['inference', 'caching', 'analytics'] },
    staleness: { failClosedAfterSeconds: 60 },
  },
  {
    id: 'rate-limit-ingest',
    kind: 'rate-limit',
    document: { limits: [{ purpose: 'ingest*', perMinute: 6000, burst: 600 }] },
    staleness: 'serve',
  },
];

/** Only where nothing was ever published. */
export async function publishFirstPolicies(ctx: CommandContext): Promise<number> {
  if ((await countPolicies(ctx.db, listPoliciesInput.parse({}))) > 0) return 0;
  for (const policy of first)
    await publishPolicy(ctx, { ...policy, reason: 'First policies of the simulated world' });
  return first.length;
}
