import { describe, expect, it } from 'vitest';
import type { PolicyDocument } from '#kernel/policy/kinds.ts';
import type { FaultKind } from '#server/world/schema.ts';
import { createWorld, type World } from '#server/world/world.ts';
import type { ReplayCase } from '../schema/replay.ts';
import { caseOf, countsOf, draftOf, gatesOf, resultOf, runbook, signsOf } from './replay.ts';

const minute = 60_000;
const start = Date.parse('2026-11-03T10:00:00.000Z');
const end = start + 120 * minute;
const calm = createWorld(undefined, [], { quiet: true });
const broken = (fault: FaultKind, target = 'service-x', minutes = 60): World =>
  calm
    .with(
      { kind: 'fault.inject', id: 'f', fault, target: { kind: 'service', id: target }, intensity: 0.8 },
      start,
    )
    .with({ kind: 'fault.heal', id: 'f' }, start + minutes * minute);
const document = (mode: 'auto' | 'approve' | 'deny'): PolicyDocument<'autonomy'> => ({
  tiers: { low: mode, medium: mode, high: mode, critical: mode },
  actions: {},
  globalThreshold: 0,
  dryRunIn: [],
});
const replay = (world: World, mode: 'auto' | 'approve' | 'deny' = 'auto', id = 'service-x') => {
  const service = world.service(id) ?? expect.fail();
  return [...signsOf(world, service, start - 30 * minute, end)].flatMap(sign => {
    const proposed = runbook(sign);
    return proposed ? (caseOf(world, draftOf(document(mode)), sign, proposed) ?? []) : [];
  });
};

describe('a replay', () => {
  it('finds nothing where nothing was', () => {
    expect(replay(calm)).toEqual([]);
  });

  it.each([
    ['bad-deploy', 'rollback'],
    ['traffic-surge', 'scale'],
    ['memory-leak', 'restart'],
  ] as const)('answers %s with %s, and that helps', (fault, action) => {
    const [first] = replay(broken(fault));
    expect(first).toMatchObject({ action, outcome: 'save', decision: 'allow', cause: fault });
    expect(first?.badMinutesAfter).toBeLessThan(first?.badMinutesBefore ?? 0);
  });

  it('counts only what would have run: asked and denied are neither harm nor help', () => {
    const world = broken('bad-deploy');
    const n = replay(world).length;
    expect(n).toBeGreaterThan(0);
    expect(countsOf(replay(world, 'auto'))).toMatchObject({ acted: n, saved: n, harmed: 0, asked: 0 });
    expect(countsOf(replay(world, 'approve'))).toMatchObject({ acted: 0, asked: n, harmRate: null });
    expect(countsOf(replay(world, 'deny'))).toMatchObject({ acted: 0, denied: n, harmUpper: 1 });
  });

  it('sees harm: a database that is handed over for nothing fails meanwhile', () => {
    const [sign] = signsOf(broken('traffic-surge'), calm.service('service-x') ?? expect.fail(), start, end);
    const database = calm.service('acme-orders-db') ?? expect.fail();
    const proposed = {
      step: { action: 'restart', target: database.id, params: {} } as const,
      said: 'restart',
      tier: 'low' as const,
    };
    const made = caseOf(
      calm,
      draftOf(document('auto')),
      { ...(sign ?? expect.fail()), service: database },
      proposed,
    );
    expect(made).toMatchObject({ outcome: 'harm', badMinutesBefore: 0 });
  });

  it('does not touch the world it replays', () => {
    const world = broken('bad-deploy');
    const before = world.commands.length;
    replay(world);
    expect(world.commands).toHaveLength(before);
  });
});

describe('the gate', () => {
  const of = (
    outcome: ReplayCase['outcome'],
    tenantId = 't1',
    more: Partial<ReplayCase> = {},
  ): ReplayCase => ({
    at: '2026-11-03T10:00:00.000Z',
    tenantId,
    service: 's',
    sign: 'errors',
    action: 'rollback',
    said: '',
    tier: 'low',
    decision: 'allow',
    outcome,
    badMinutesBefore: 10,
    badMinutesAfter: 0,
    costEur: 0,
    cause: null,
    ...more,
  });
  const many = (n: number, outcome: ReplayCase['outcome'], tenantId?: string) =>
    Array.from({ length: n }, () => of(outcome, tenantId));
  const modeOf = (cases: ReplayCase[], tenantId = 't1') =>
    gatesOf(cases).find(g => g.tenantId === tenantId)?.mode;

  it('stays shut on little evidence, however good', () => {
    expect(modeOf(many(3, 'save'))).toBe('approve');
    expect(modeOf(many(30, 'save'))).toBe('auto');
  });

  it('stays shut after harm to the tenant itself, and opens for others', () => {
    const cases = [...many(60, 'save'), ...many(20, 'save', 't2'), of('harm', 't2')];
    expect(modeOf(cases, 't1')).toBe('auto');
    expect(modeOf(cases, 't2')).toBe('approve');
  });

  it('stays shut where harm is common, and where most of it is for nothing', () => {
    expect(modeOf([...many(20, 'save', 't2'), ...many(8, 'harm', 't2'), ...many(5, 'save')])).toBe('approve');
    expect(modeOf([...many(10, 'save'), ...many(30, 'false')])).toBe('approve');
  });

  it('is about the action, not about what the draft allowed', () => {
    const denied = many(30, 'save').map(c => ({ ...c, decision: 'deny' as const }));
    expect(modeOf(denied)).toBe('auto');
    expect(resultOf(denied, start, end).total.acted).toBe(0);
  });
});
