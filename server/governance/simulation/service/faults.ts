import { uuidv7 } from '#kernel/ids/ids.ts';
import type { CommandContext, ReadContext } from '#kernel/trpc/context.ts';
import { faultTargets } from '#server/world/faults.ts';
import type { Fault, FaultKind, FaultTarget } from '#server/world/schema.ts';
import { appendWorldCommand, loadWorld } from '#server/world/state.ts';
import type { World } from '#server/world/world.ts';
import { alreadyHealed, alreadyRunning, badTarget, noSuchFault } from '../errors.ts';
import { simulationEvent } from '../events.ts';
import { scenarios } from '../rules/scenarios.ts';
import type { FaultRow, InjectInput, ScenarioRow } from '../schema/faults.ts';

const day = 86_400_000;
const titles = new Map(scenarios.map(s => [s.id, s.title]));

export const faultRowOf = (fault: Fault): FaultRow => ({
  id: fault.id,
  fault: fault.fault,
  title: titles.get(fault.fault) ?? fault.fault,
  target: fault.target,
  intensity: fault.intensity,
  from: new Date(fault.from).toISOString(),
  to: Number.isFinite(fault.to) ? new Date(fault.to).toISOString() : null,
  origin: fault.origin,
});

/** What a tenant may see: faults of its own services, and those of whole regions. */
const visible = (ctx: ReadContext, world: World) => (fault: Fault) => {
  const { tenantId } = ctx.scope;
  return (
    tenantId === undefined ||
    fault.target.kind === 'region' ||
    fault.target.id === tenantId ||
    world.service(fault.target.id)?.tenantId === tenantId
  );
};

export async function listFaults(ctx: ReadContext) {
  const now = ctx.clock.now();
  const world = await loadWorld(ctx.db, now);
  const t = now.getTime();
  const all = world
    .faultsBetween(t - day, t + 1)
    .filter(visible(ctx, world))
    .sort((a, b) => b.from - a.from);
  const runs = (f: Fault) => f.from <= t && t < f.to;
  return {
    // How long an incident of the demo world will last is nothing anybody could know.
    running: all.filter(runs).map(f => ({ ...faultRowOf(f), to: null })),
    ended: all.filter(f => !runs(f)).map(faultRowOf),
    simulated: true as const,
  };
}

export async function readLibrary(ctx: ReadContext) {
  const world = await loadWorld(ctx.db, ctx.clock.now());
  const { tenantId } = ctx.scope;
  const own = <T extends { id: string; tenantId?: string }>(rows: readonly T[]) =>
    rows.filter(r => tenantId === undefined || (r.tenantId ?? r.id) === tenantId).map(r => r.id);
  const ids = {
    region: world.regions.map(r => r.name),
    tenant: own(world.tenants),
    service: own(world.services),
  };
  return {
    scenarios: scenarios.map(
      (s): ScenarioRow => ({
        id: s.id,
        title: s.title,
        what: s.what,
        gameDay: s.gameDay,
        target: s.target,
        targets: faultTargets[s.id].map(kind => ({ kind, ids: ids[kind] })),
        intensity: s.intensity,
        minutes: s.minutes,
        signal: s.signal.name,
      }),
    ),
    simulated: true as const,
  };
}

/** Refuses what the fault cannot befall and what the world does not have. */
export function requireTarget(world: World, fault: FaultKind, target: FaultTarget): void {
  if (!faultTargets[fault].includes(target.kind))
    throw badTarget(
      `${titles.get(fault)} befalls a ${faultTargets[fault].join(' or a ')}, not a ${target.kind}.`,
    );
  const there =
    target.kind === 'region'
      ? world.regions.some(r => r.name === target.id)
      : target.kind === 'tenant'
        ? world.tenants.some(t => t.id === target.id)
        : world.service(target.id) !== undefined;
  if (!there) throw badTarget(`The simulated world has no ${target.kind} "${target.id}".`);
}

export const tenantOf = (world: World, target: FaultTarget): string | undefined =>
  target.kind === 'tenant' ? target.id : world.service(target.id)?.tenantId;

/** The same fault on the same target twice would be one effect that needs two cures. */
export function requireFree(world: World, fault: FaultKind, target: FaultTarget, t: number): void {
  if (world.faultsAt(t).some(f => f.fault === fault && f.target.id === target.id && f.origin === 'command'))
    throw alreadyRunning(`${titles.get(fault)} is already under way on ${target.id}.`);
}

export async function injectFault(ctx: CommandContext, input: InjectInput): Promise<FaultRow> {
  const now = ctx.clock.now();
  const world = await loadWorld(ctx.db, now);
  const { fault, target, intensity, minutes } = input;
  requireTarget(world, fault, target);
  requireFree(world, fault, target, now.getTime());
  const id = uuidv7(now.getTime());
  const tenantId = tenantOf(world, target);
  const heals = minutes === undefined ? null : new Date(now.getTime() + minutes * 60_000);
  await ctx.commit(
    simulationEvent(
      'fault.injected',
      { kind: 'fault', id },
      { fault, target: target.id, intensity, ...(minutes === undefined ? {} : { minutes }) },
      {
        ...(tenantId === undefined ? {} : { tenantId }),
        ...(heals
          ? {
              jobs: [
                { task: 'simulation.heal', payload: { id }, key: `heal:${id}`, runAt: heals.toISOString() },
              ],
            }
          : {}),
      },
    ),
    tx => appendWorldCommand(tx, { kind: 'fault.inject', id, fault, target, intensity }, now, `inject:${id}`),
  );
  const made = { id, fault, target, intensity, from: now.getTime(), origin: 'command' as const };
  return faultRowOf({ ...made, to: Number.POSITIVE_INFINITY });
}

export async function healFault(ctx: CommandContext, id: string): Promise<FaultRow> {
  const now = ctx.clock.now();
  const t = now.getTime();
  const world = await loadWorld(ctx.db, now);
  const found = world.faultsBetween(t - 35 * day, t + 1).find(f => f.id === id);
  if (!found || found.from > t) throw noSuchFault(id);
  if (found.to <= t) throw alreadyHealed(id);
  const tenantId = tenantOf(world, found.target);
  await ctx.commit(
    simulationEvent(
      'fault.healed',
      { kind: 'fault', id },
      { fault: found.fault, target: found.target.id },
      tenantId === undefined ? {} : { tenantId },
    ),
    tx => appendWorldCommand(tx, { kind: 'fault.heal', id }, now, `heal:${id}`),
  );
  return faultRowOf({ ...found, to: t });
}
