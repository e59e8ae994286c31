import { uuidv7 } from '#kernel/ids/ids.ts';
import { counter } from '#kernel/metrics/metrics.ts';
import type { CommandContext } from '#kernel/trpc/context.ts';
import { incidentEvent, plainEvent } from '../events.ts';
import { worstSeverity } from '../rules/facts.ts';
import { type Group, incidentTitle, type Plan, type Seen } from '../rules/incidents.ts';
import {
  endAlerts,
  growIncident,
  insertAlert,
  insertIncident,
  moveIncident,
  repeatAlerts,
  selectIncident,
  writeTimeline,
} from '../store/incidents.ts';
import { incidentMessage, incidentOver } from './notices.ts';

const alerts = counter('risk_alerts_total', 'Alerts that were raised', ['severity']);
const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
const named = (values: readonly (string | null)[]) =>
  unique(values.filter((value): value is string => value !== null));

class AlreadyRaised extends Error {}

/** Alerts that are new become incidents or join one. Two rounds at the same moment raise each alert once. */
export async function raise(ctx: CommandContext, tenantId: string, plan: Plan): Promise<void> {
  for (const group of plan.groups)
    try {
      await (group.incidentId === null
        ? open(ctx, tenantId, group)
        : join(ctx, tenantId, group, group.incidentId));
      for (const alert of group.alerts) alerts.inc({ severity: alert.severity });
    } catch (error) {
      if (!(error instanceof AlreadyRaised)) throw error;
    }
}

async function open(ctx: CommandContext, tenantId: string, { alerts: seen }: Group): Promise<void> {
  const now = ctx.clock.now();
  const row = {
    tenantId,
    id: uuidv7(now.getTime()),
    title: incidentTitle(seen),
    severity: worstSeverity(seen.map(alert => alert.severity)),
    services: named(seen.map(alert => alert.service)),
    regions: named(seen.map(alert => alert.region)),
    dimensions: unique(seen.map(alert => alert.dimension)),
    simulated: seen.every(alert => alert.simulated),
  };
  await ctx.commit(
    incidentEvent('incident.opened', row, { title: row.title, severity: row.severity }, incidentMessage(row)),
    async tx => {
      await insertIncident(tx, row, now);
      await writeTimeline(
        tx,
        { ...entry(ctx, tenantId, row.id), kind: 'opened', text: row.title, eventIds: [] },
        now,
      );
      for (const alert of seen) await add(ctx, tx, tenantId, row.id, alert);
    },
    { tenantId },
  );
}

async function join(
  ctx: CommandContext,
  tenantId: string,
  { alerts: seen }: Group,
  id: string,
): Promise<void> {
  const now = ctx.clock.now();
  const current = await selectIncident(ctx.db, tenantId, id);
  if (!current) return;
  await ctx.commit(
    incidentEvent('incident.grown', { tenantId, id }, { title: incidentTitle(seen) }),
    async tx => {
      const grown = {
        severity: worstSeverity([current.severity, ...seen.map(alert => alert.severity)]),
        services: unique([...current.services, ...named(seen.map(alert => alert.service))]),
        regions: unique([...current.regions, ...named(seen.map(alert => alert.region))]),
        dimensions: unique([...current.dimensions, ...seen.map(alert => alert.dimension)]),
      };
      // Resolved in the meantime: the next round opens another one.
      if (!(await growIncident(tx, tenantId, id, grown, now))) throw new AlreadyRaised();
      for (const alert of seen) await add(ctx, tx, tenantId, id, alert);
    },
    { tenantId },
  );
}

type Tx = Parameters<Parameters<CommandContext['commit']>[1]>[0];

async function add(
  ctx: CommandContext,
  tx: Tx,
  tenantId: string,
  incidentId: string,
  seen: Seen,
): Promise<void> {
  const now = ctx.clock.now();
  const alert = { ...seen, tenantId, id: uuidv7(now.getTime()), incidentId };
  if (!(await insertAlert(tx, alert, now))) throw new AlreadyRaised();
  await writeTimeline(
    tx,
    { ...entry(ctx, tenantId, incidentId), kind: 'alert', text: seen.title, eventIds: seen.eventIds },
    now,
  );
}

const entry = (ctx: CommandContext, tenantId: string, incidentId: string) => ({
  tenantId,
  id: uuidv7(ctx.clock.now().getTime()),
  incidentId,
  actor: `${ctx.principal.kind}:${ctx.principal.id}`,
});

const freshenAfterMs = 60_000;
const keptEventIds = 200;

/** What still fires is dated; what does not any more ends; an incident in which nothing fires is over by itself. */
export async function settle(ctx: CommandContext, tenantId: string, plan: Plan): Promise<void> {
  const now = ctx.clock.now();
  const repeated = plan.repeated.filter(
    ({ alert, fresh }) => fresh.length > 0 || now.getTime() - alert.lastAt >= freshenAfterMs,
  );
  if (repeated.length > 0 || plan.ended.length > 0)
    await ctx.record(
      { ...plainEvent('risk.alerts_settled', { tenants: [tenantId] }), tenantId },
      [
        ...repeated.map(r => ({ alert: r.alert.id, seen: now.toISOString(), fresh: r.fresh })),
        ...plan.ended.map(alert => ({ alert: alert.id, ended: now.toISOString() })),
      ],
      async tx => {
        await repeatAlerts(
          tx,
          tenantId,
          repeated.map(({ alert, fresh }) => ({
            id: alert.id,
            incidentId: alert.incidentId,
            eventIds: unique([...alert.eventIds, ...fresh]).slice(-keptEventIds),
            fresh: fresh.length,
          })),
          now,
        );
        await endAlerts(
          tx,
          tenantId,
          plan.ended.map(alert => alert.id),
          now,
        );
        for (const alert of plan.ended)
          await writeTimeline(
            tx,
            {
              ...entry(ctx, tenantId, alert.incidentId),
              kind: 'ended',
              text: `No longer seen: ${alert.fingerprint.replace(/\|$/, '').replace('|', ' of ')}`,
              eventIds: [],
            },
            now,
          );
      },
      { tenantId },
    );
  for (const id of plan.over) await endByItself(ctx, tenantId, id);
}

async function endByItself(ctx: CommandContext, tenantId: string, id: string): Promise<void> {
  const current = await selectIncident(ctx.db, tenantId, id);
  if (!current || current.state === 'resolved') return;
  const now = ctx.clock.now();
  const text = 'Nothing of it was seen for half an hour';
  await ctx.commit(
    incidentEvent('incident.resolved', { tenantId, id }, { verdict: 'none', reason: text }, [
      incidentOver(id),
    ]),
    async tx => {
      const by = `${ctx.principal.kind}:${ctx.principal.id}`;
      const moved = await moveIncident(
        tx,
        { tenantId, id, version: current.version },
        { state: 'resolved', by, verdict: null },
        now,
      );
      if (moved)
        await writeTimeline(tx, { ...entry(ctx, tenantId, id), kind: 'resolved', text, eventIds: [] }, now);
    },
    { tenantId },
  );
}
