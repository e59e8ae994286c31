import { DomainError } from '#kernel/errors/domain-error.ts';
import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { type Listed, paged } from '#kernel/trpc/list.ts';
import { alreadyResolved, noSuchIncident, staleIncident } from '../errors.ts';
import { incidentEvent } from '../events.ts';
import type { IncidentDetail, IncidentRow, ListIncidentsInput } from '../schema.ts';
import {
  countIncidents,
  moveIncident,
  selectAlerts,
  selectIncident,
  selectIncidents,
  selectOpen,
  selectTimeline,
  writeTimeline,
} from '../store/incidents.ts';
import { incidentOver } from './notices.ts';

export const openIncidents = (ctx: ReadContext, tenantId: string): Promise<IncidentRow[]> =>
  selectOpen(ctx.db, tenantId);

export async function listIncidents(
  ctx: ReadContext,
  input: ListIncidentsInput,
): Promise<Listed<IncidentRow>> {
  const [rows, total] = await Promise.all([
    selectIncidents(ctx.db, input),
    input.total ? countIncidents(ctx.db, input) : undefined,
  ]);
  return paged(rows, input, total);
}

export async function readIncident(
  ctx: ReadContext,
  ref: { tenantId: string; id: string },
): Promise<IncidentDetail> {
  const found = await selectIncident(ctx.db, ref.tenantId, ref.id);
  if (!found) throw noSuchIncident(ref.id);
  const [firing, timeline] = await Promise.all([
    selectAlerts(ctx.db, ref.tenantId, ref.id),
    selectTimeline(ctx.db, ref.tenantId, ref.id),
  ]);
  return { ...found, firing, timeline };
}

const actorOf = (ctx: ReadContext) => `${ctx.principal.kind}:${ctx.principal.id}`;

interface Move {
  tenantId: string;
  id: string;
  version: number;
}

export async function acknowledgeIncident(ctx: CommandContext, input: Move): Promise<IncidentDetail> {
  const current = await readIncident(ctx, input);
  if (current.state === 'resolved') throw alreadyResolved(input.id);
  if (current.version !== input.version) throw staleIncident(current);
  if (current.state === 'acknowledged') {
    ctx.unchanged();
    return current;
  }
  await move(ctx, input, { state: 'acknowledged', verdict: null }, 'Taken on', current);
  return readIncident(ctx, input);
}

export async function resolveIncident(
  ctx: CommandContext,
  input: Move & { verdict: 'confirmed' | 'false_alarm'; reason: string },
): Promise<IncidentDetail> {
  const current = await readIncident(ctx, input);
  if (current.state === 'resolved') throw alreadyResolved(input.id);
  if (current.version !== input.version) throw staleIncident(current);
  const said = input.verdict === 'confirmed' ? 'Something was wrong' : 'A false alarm';
  await move(ctx, input, { state: 'resolved', verdict: input.verdict }, `${said}: ${input.reason}`, current);
  return readIncident(ctx, input);
}

async function move(
  ctx: CommandContext,
  { tenantId, id, version }: Move,
  to: { state: 'acknowledged' | 'resolved'; verdict: 'confirmed' | 'false_alarm' | null },
  text: string,
  current: IncidentDetail,
): Promise<void> {
  const now = ctx.clock.now();
  await ctx.commit(
    incidentEvent(
      `incident.${to.state}`,
      { tenantId, id },
      to.verdict === null ? {} : { verdict: to.verdict, reason: text },
      [incidentOver(id)],
    ),
    async tx => {
      const by = actorOf(ctx);
      if (!(await moveIncident(tx, { tenantId, id, version }, { ...to, by }, now)))
        throw staleIncident(current);
      await writeTimeline(
        tx,
        {
          tenantId,
          id: uuidv7(now.getTime()),
          incidentId: id,
          kind: to.state,
          text,
          actor: by,
          eventIds: [],
        },
        now,
      );
    },
    { tenantId },
  );
}

export async function noteIncident(
  ctx: CommandContext,
  input: { tenantId: string; id: string; text: string },
): Promise<IncidentDetail> {
  const current = await readIncident(ctx, input);
  if (current.timeline.length >= 500)
    throw new DomainError('conflict', 'incident.full', 'The timeline of this incident is full.');
  const now = ctx.clock.now();
  await ctx.commit(
    incidentEvent('incident.noted', input, { title: current.title }),
    tx =>
      writeTimeline(
        tx,
        {
          tenantId: input.tenantId,
          id: uuidv7(now.getTime()),
          incidentId: input.id,
          kind: 'note',
          text: input.text,
          actor: actorOf(ctx),
          eventIds: [],
        },
        now,
      ),
    { tenantId: input.tenantId },
  );
  return readIncident(ctx, input);
}
