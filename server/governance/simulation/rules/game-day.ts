import type { FaultTarget } from '#server/world/schema.ts';
import { createWorld, type World } from '#server/world/world.ts';
import type { GameDayCheck, GameDayRecord } from '../schema/game-days.ts';
import type { Verdict } from '../schema/judgement.ts';
import type { Scenario } from './scenarios.ts';

const minute = 60_000;
/** How long after healing it is asked whether all is well again. */
export const recoveryMinutes = 4;
const noticeWithinSeconds = 300;

export const signalAt = (world: World, scenario: Scenario, target: FaultTarget, t: number) =>
  Math.round(scenario.signal.read(world, target, t) * 1e4) / 1e4;

/** The first event that tells of it, with how long that took; by the true time, whatever a skewed clock says. */
export function noticed(
  world: World,
  scenario: Scenario,
  target: FaultTarget,
  from: number,
  to: number,
): GameDayRecord['noticed'] {
  const found = world
    .events(from, to)
    .find(
      e =>
        scenario.noticedBy.includes(e.event) &&
        e.attributes.status !== 'resolved' &&
        (target.kind === 'region'
          ? e.attributes.fault_region === target.id
          : target.kind === 'tenant'
            ? e.tenantId === target.id
            : e.service === target.id),
    );
  if (!found) return null;
  const at = found.ts - Number(found.attributes.clock_skew_ms ?? 0);
  return { event: found.event, id: found.id, seconds: Math.max(0, Math.round((at - from) / 1000)) };
}

/** Services that the fault was not aimed at, and that yet read otherwise than they would have without it. */
export function touchedElsewhere(world: World, faultId: string, target: FaultTarget, t: number): string[] {
  const without = createWorld(
    world.seed,
    world.commands.filter(c => !(c.command.kind === 'fault.inject' && c.command.id === faultId)),
  );
  return world.services
    .filter(s =>
      target.kind === 'region'
        ? world.serviceAt(s.id, t).region !== target.id
        : target.kind === 'tenant'
          ? s.tenantId !== target.id
          : s.id !== target.id,
    )
    .filter(s =>
      (['cpu', 'memory', 'error_ratio', 'rps'] as const).some(
        m => world.metric(m, s.id, t) !== without.metric(m, s.id, t),
      ),
    )
    .map(s => s.id);
}

const rank = ['N/A', 'PASS', 'BLOCKED', 'FAIL'];

export function checksOf(scenario: Scenario, record: GameDayRecord): GameDayCheck[] {
  const { before, during, after, noticed: seen, elsewhere } = record;
  const { signal } = scenario;
  const said = (value: number) => `${value} ${signal.unit}`;
  const worse =
    before && after
      ? Object.keys(before.policies).filter(
          p => rank.indexOf(after.policies[p] ?? 'N/A') > rank.indexOf(before.policies[p] ?? 'N/A'),
        )
      : null;
  return [
    {
      name: 'It took effect',
      ok: before && during ? signal.broken(during.signal, before.signal) : null,
      said:
        before && during
          ? `${signal.name}: ${said(before.signal)} before, ${said(during.signal)} during`
          : 'It was not measured',
    },
    {
      name: 'It was noticed',
      ok: during ? seen !== null && seen.seconds <= noticeWithinSeconds : null,
      said: seen ? `${seen.event} after ${seen.seconds} s` : 'No event told of it',
    },
    {
      name: 'Nothing else was touched',
      ok: elsewhere ? elsewhere.length === 0 : null,
      said: elsewhere?.length
        ? `Also changed: ${elsewhere.join(', ')}`
        : 'Every other service read as without it',
    },
    {
      name: 'It recovered',
      ok: before && after ? !signal.broken(after.signal, before.signal) : null,
      said: after ? `${signal.name}: ${said(after.signal)} afterwards` : 'It was not measured',
    },
    {
      name: 'No policy got worse',
      ok: worse && before && Object.keys(before.policies).length > 0 ? worse.length === 0 : null,
      said: worse?.length ? `Worse than before: ${worse.join(', ')}` : 'P1 to P7 stand as before or better',
    },
  ];
}

/** One failure is one too many, and what was not measured is not passed. */
export const verdictOf = (checks: readonly GameDayCheck[]): Verdict =>
  checks.some(c => c.ok === false) ? 'fail' : checks.some(c => c.ok === null) ? 'inconclusive' : 'pass';

/** Everything at once on a copy of the world: what a live game day would show, without waiting for it. */
export function rehearse(
  world: World,
  scenario: Scenario,
  given: { id: string; target: FaultTarget; intensity: number; minutes: number },
  t: number,
  policies: Record<string, string>,
): GameDayRecord {
  const { id: faultId, target, intensity, minutes } = given;
  const healedAt = t + minutes * minute;
  const broken = world.with({ kind: 'fault.inject', id: faultId, fault: scenario.id, target, intensity }, t);
  const healed = broken.with({ kind: 'fault.heal', id: faultId }, healedAt);
  const at = (w: World, when: number) => ({
    at: new Date(when).toISOString(),
    signal: signalAt(w, scenario, target, when),
    policies,
  });
  return {
    faultId,
    before: at(world, t),
    during: at(broken, healedAt - 1),
    after: at(healed, healedAt + recoveryMinutes * minute),
    noticed: noticed(broken, scenario, target, t, healedAt),
    elsewhere: touchedElsewhere(broken, faultId, target, healedAt - 1),
    injectedAt: new Date(t).toISOString(),
    healedAt: new Date(healedAt).toISOString(),
    mendedEarlier: false,
  };
}

/** The last moment at or before `now` that a weekly schedule names (UTC). */
export function lastDue(schedule: { weekday: number; hour: number; minute: number }, now: Date): Date {
  const due = new Date(now);
  due.setUTCHours(schedule.hour, schedule.minute, 0, 0);
  const back = (due.getUTCDay() - schedule.weekday + 7) % 7;
  due.setUTCDate(due.getUTCDate() - back);
  if (due > now) due.setUTCDate(due.getUTCDate() - 7);
  return due;
}
