import { phases } from '#kernel/env/define.ts';
import { env } from '#kernel/env/env.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import { readMatrix } from '#server/platform/alerts/service.ts';
import { latestAudit, listAudits, readStatus } from '#server/policy/auditor/service.ts';
import { readActiveAt, readHubStatus } from '#server/policy/hub/service/read.ts';
import { readSync } from '#server/policy/sync/service.ts';
import type { PhaseRow, PortalActive, PortalAudits, PortalSync } from './schema.ts';
import { selectActivationEntries, selectHashes, selectRegions } from './store.ts';

export async function portalState(ctx: ReadContext): Promise<PortalSync> {
  const [hub, sync, audit] = await Promise.all([readHubStatus(ctx), readSync(ctx), readStatus(ctx)]);
  const { admitted, connected, stale, quarantined } = hub.relays;
  return {
    status: hub.status === 'ok' && sync.status === 'ok' ? 'ok' : 'degraded',
    system: 'portal',
    simulated: env().simulation,
    hub: hub.hub,
    head: hub.head,
    epoch: hub.epoch,
    activePolicies: hub.policies.active,
    relays: { admitted, connected, stale, quarantined },
    propagation: hub.sync,
    discrepancies: sync.open.length,
    comparedAt: sync.run?.at ?? null,
    audit: { state: audit.state, at: audit.latest?.at ?? null, validUntil: audit.validUntil },
  };
}

export const portalHashStates = async (ctx: ReadContext) => ({ rows: await selectHashes(ctx.db) });

export async function readPortalAudits(ctx: ReadContext): Promise<PortalAudits> {
  const [list, latest, matrix] = await Promise.all([
    listAudits(ctx),
    latestAudit(ctx),
    Promise.all(phases.map(phase => phaseRowOf(ctx, phase))),
  ]);
  return { list, latest, phases: matrix };
}

async function phaseRowOf(ctx: ReadContext, phase: PhaseRow['phase']): Promise<PhaseRow> {
  const { at, stale, policies } = await readMatrix(ctx, phase);
  return {
    phase,
    at,
    cells: policies.map(({ policy, result, controls }) => ({
      policy,
      result: stale && controls.length > 0 ? ('STALE' as const) : result,
      reasons:
        controls.length === 0
          ? ['No control proves it yet']
          : controls.filter(c => c.result === result).map(c => `${c.title}: ${c.reason}`),
    })),
  };
}

export async function readPortalActive(
  ctx: ReadContext,
  { at, region }: { at: string; region?: string | undefined },
): Promise<PortalActive> {
  const instant = new Date(at).toISOString();
  const [rows, regions] = await Promise.all([
    readActiveAt(ctx, { at: instant, region }),
    selectRegions(ctx.db),
  ]);
  const entries = await selectActivationEntries(
    ctx.db,
    rows.map(row => row.policy),
  );
  const uidOf = new Map(entries.map(e => [e.epoch, e.uid]));
  return {
    at: instant,
    region: region ?? null,
    regions,
    rows: rows.map(row => ({ ...row, entryUid: uidOf.get(row.epoch) ?? null })),
  };
}
