import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActionPlan, PlanStep } from '#kernel/actions/plan.ts';
import type { Decision } from '#kernel/policy/combine.ts';
import type { TargetState } from '../schema/target.ts';
import { approvalClass, assess, type Surroundings, tierOf } from './assess.ts';

const found = (more: Partial<TargetState> = {}): TargetState => ({
  target: 'web',
  kind: 'service',
  tenantId: 't1',
  region: 'eu-west',
  version: '1',
  state: { replicas: 4 },
  simulated: true,
  ...more,
});
const around = (more: Partial<Surroundings> = {}): Surroundings => ({
  tenant: { id: 't1', environment: 'staging', tier: 'standard' },
  found: [found()],
  targetsOfTenant: 10,
  tenants: 12,
  ...more,
});
const plan = (...steps: PlanStep[]): ActionPlan => ({ tenantId: 't1', steps });
const scale = (replicas: number): PlanStep => ({ action: 'scale', target: 'web', params: { replicas } });
const said = (effect: Decision['effect'], obligations: Decision['obligations'] = {}): Decision => ({
  effect,
  reasons: [`policy says ${effect}`],
  obligations,
  under: [],
});

describe('how dangerous a plan is', () => {
  it.each([
    [4, 'low'],
    [6, 'low'],
    [7, 'medium'],
    [12, 'medium'],
    [13, 'high'],
    [3, 'low'],
    [2, 'medium'],
    [1, 'high'],
    [0, 'high'],
  ])('from 4 to %i replicas is %s', (replicas, tier) => {
    expect(tierOf(plan(scale(replicas)), around()).tier).toBe(tier);
  });

  it('is high for keys, failover, draining, and for what is shared or somebody else’s', () => {
    const of = (step: PlanStep, target = found()) => tierOf(plan(step), around({ found: [target] })).tier;
    expect(of({ action: 'rotate-keys', target: 'web', params: {} })).toBe('high');
    expect(of({ action: 'failover', target: 'web', params: { toRegion: 'us-east' } })).toBe('high');
    expect(of({ action: 'drain', target: 'web', params: {} })).toBe('high');
    expect(of(scale(5), found({ tenantId: 't2' }))).toBe('high');
    expect(of({ action: 'cordon', target: 'n1', params: {} }, found({ kind: 'node', tenantId: null }))).toBe(
      'high',
    );
    expect(of({ action: 'dryrun', target: 'n1', params: {} }, found({ kind: 'node', tenantId: null }))).toBe(
      'low',
    );
  });

  it('ending all sessions of a role interrupts everything that uses it, and is not a restart one after the other', () => {
    const role = found({ target: 'postgres/eu-west/t1', kind: 'database', state: { sessions: 12 } });
    const end: PlanStep = { action: 'restart', target: role.target, params: {} };
    const rated = tierOf(plan(end), around({ found: [role] }));
    expect(rated.tier).toBe('high');
    expect(rated.reasons.join(' ')).toContain('All sessions (12 now)');
    expect(assess(plan(end), around({ found: [role] }), [said('allow')]).needsApproval).toBe(true);
  });

  it('does not fall when a step is added', () => {
    const rank = { low: 0, medium: 1, high: 2, critical: 3 };
    const step = fc.nat(30).map(scale);
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), step, (steps, more) => {
        const surroundings = around({ found: [...steps, more].map(() => found()) });
        const [fewer, all] = [
          tierOf(plan(...steps), surroundings),
          tierOf(plan(...steps, more), surroundings),
        ];
        expect(rank[all.tier]).toBeGreaterThanOrEqual(rank[fewer.tier]);
      }),
    );
  });
});

describe('what people have to agree to', () => {
  it('without any policy: only low risk is free', () => {
    expect(assess(plan(scale(5)), around(), [null])).toMatchObject({ effect: 'allow', needsApproval: false });
    expect(assess(plan(scale(8)), around(), [null])).toMatchObject({
      effect: 'approve',
      needsApproval: true,
    });
  });

  it('a policy makes it stricter, and never frees what is of high risk', () => {
    expect(assess(plan(scale(8)), around(), [said('allow')])).toMatchObject({ effect: 'allow' });
    expect(assess(plan(scale(5)), around(), [said('approve')])).toMatchObject({ effect: 'approve' });
    expect(assess(plan(scale(5)), around(), [said('deny')])).toMatchObject({ effect: 'deny' });
    expect(assess(plan(scale(40)), around(), [said('allow')])).toMatchObject({
      effect: 'approve',
      tier: 'high',
    });
  });

  it('history that speaks against it asks people, frees nothing, and is no way around a denial', () => {
    const against = { action: 'scale' as const, mode: 'approve' as const, reason: '2 of 3 cases did harm' };
    const gated = assess(plan(scale(5)), around(), [said('allow')], [against]);
    expect(gated).toMatchObject({ tier: 'low', effect: 'approve', needsApproval: true });
    expect(gated.reasons.join(' ')).toContain('2 of 3 cases did harm');
    const well = { ...against, mode: 'auto' as const, reason: 'it helped' };
    expect(assess(plan(scale(5)), around(), [said('approve')], [well])).toMatchObject({ effect: 'approve' });
    expect(assess(plan(scale(40)), around(), [null], [well])).toMatchObject({ effect: 'approve' });
    expect(assess(plan(scale(5)), around(), [null], [well])).toMatchObject({ effect: 'allow' });
    expect(assess(plan(scale(5)), around(), [said('deny')], [against])).toMatchObject({ effect: 'deny' });
  });

  it('a second person where everybody is concerned', () => {
    const failover: PlanStep = { action: 'failover', target: 'web', params: { toRegion: 'us-east' } };
    const global = assess(plan(failover), around(), [null]);
    expect(global.blast).toMatchObject({ global: true, tenants: 12 });
    expect(approvalClass(global)).toBe('global');
    expect(assess(plan(scale(5)), around(), [said('approve', { approvers: 2 })]).blast.global).toBe(true);
    expect(approvalClass(assess(plan(scale(40)), around(), [null]))).toBe('high');
    expect(approvalClass(assess(plan(scale(8)), around(), [null]))).toBe('medium');
  });

  it('production is previewed first, and so is where a policy wants it', () => {
    const production = around({ tenant: { id: 't1', environment: 'production', tier: 'standard' } });
    expect(assess(plan(scale(5)), production, [null]).dryRunFirst).toBe(true);
    expect(assess(plan(scale(5)), around(), [null]).dryRunFirst).toBe(false);
    expect(assess(plan(scale(5)), around(), [said('allow', { dryRun: true })]).dryRunFirst).toBe(true);
  });

  it('says that keys cannot be brought back', () => {
    const keys: PlanStep = { action: 'rotate-keys', target: 'web', params: {} };
    expect(assess(plan(scale(5), keys), around({ found: [found(), found()] }), [null, null]).reversible).toBe(
      false,
    );
  });
});
