import type { ActionName, PlanStep } from '#kernel/actions/plan.ts';
import { evaluate } from '#kernel/policy/evaluate.ts';
import type { PolicyContent, PolicyDocument } from '#kernel/policy/kinds.ts';
import { costPerDay } from '#server/world/bill.ts';
import { effectOf } from '#server/world/plan.ts';
import type { WorldEvent, WorldService } from '#server/world/schema.ts';
import type { World } from '#server/world/world.ts';
import type { ReplayCase, ReplayCounts, ReplayResult } from '../schema/replay.ts';
import type { Dimensions } from '../schema/sandbox.ts';
import { dimensionsOf } from './sandbox.ts';
import { mean, wilsonUpper } from './statistics.ts';

const minute = 60_000;
const week = 7 * 24 * 60 * minute;
/** So long a sign has to last before anything is done about it. */
const persists = 3;
/** What was done is judged by the three quarters of an hour after it; nothing else is begun meanwhile. */
const watch = 45;

export type Tier = ReplayCase['tier'];

/** What a sign of trouble looked like when something could have been done about it. */
export interface Sign {
  service: WorldService;
  at: number;
  sign: 'errors' | 'load' | 'memory';
  replicas: number;
  /** Requests now over those at the same time a week earlier. */
  traffic: number;
  /** 0 to 100 each. */
  risk: Dimensions;
  /** What the service's telemetry said in the half hour before. */
  events: WorldEvent[];
  /** How many services the tenant has. */
  services: number;
}

export interface Proposed {
  step: PlanStep;
  said: string;
  /** How dangerous the action is by itself: what an autonomy policy is asked about. */
  tier: Tier;
}

/** Proposes for a sign; `null` = the evidence is not enough. */
export type Propose = (sign: Sign) => Proposed | null;

const doing = (step: PlanStep, said: string, tier: Tier): Proposed => ({ step, said, tier });

/** The built-in runbook: one rule a sign, and nothing where two causes are equally likely. */
export const runbook: Propose = ({ service, sign, replicas, traffic }) => {
  const target = service.id;
  if (sign === 'memory')
    return doing({ action: 'restart', target, params: {} }, 'Memory is full: restart', 'low');
  if (traffic >= 1.3) {
    const wanted = Math.ceil(replicas * Math.min(4, Math.max(1.5, traffic)));
    const times = Math.round(traffic * 10) / 10;
    return doing(
      { action: 'scale', target, params: { replicas: wanted } },
      `${times} times the usual requests: scale from ${replicas} to ${wanted}`,
      wanted > 3 * replicas ? 'high' : wanted > 1.5 * replicas ? 'medium' : 'low',
    );
  }
  if (sign === 'errors')
    return doing(
      { action: 'rollback', target, params: {} },
      'Errors without more requests: roll back',
      'medium',
    );
  return null;
};

/** Every sign in a service's history that lasted, at the minute at which one could have acted on it. */
export function* signsOf(world: World, service: WorldService, from: number, to: number): Generator<Sign> {
  let [errors, load, memory] = [0, 0, 0];
  for (let t = from; t < to; t += minute) {
    const of = (metric: 'error_ratio' | 'cpu' | 'memory') => world.metric(metric, service.id, t) ?? 0;
    errors = of('error_ratio') > 0.05 ? errors + 1 : 0;
    load = of('cpu') > 0.9 ? load + 1 : 0;
    memory = of('memory') > 0.9 ? memory + 1 : 0;
    const sign =
      errors >= persists ? 'errors' : memory >= persists ? 'memory' : load >= persists ? 'load' : null;
    if (!sign) continue;
    const usual = mean([0, 5, 10].map(m => world.metric('rps', service.id, t - week + m * minute) ?? 0));
    yield {
      service,
      at: t,
      sign,
      replicas: world.serviceAt(service.id, t).replicas,
      traffic: (world.metric('rps', service.id, t) ?? 0) / Math.max(1, usual),
      risk: dimensionsOf(world, [service.id], t - 3 * minute, t),
      events: world.events(t - 30 * minute, t + 1, service.id),
      services: world.services.filter(s => s.tenantId === service.tenantId).length,
    };
    t += watch * minute;
    errors = load = memory = 0;
  }
}

/** Minutes in which the service's users had reason to complain. */
function badMinutes(world: World, id: string, from: number): number {
  let bad = 0;
  for (let m = 1; m <= watch; m++) {
    const errors = world.metric('error_ratio', id, from + m * minute);
    const memory = world.metric('memory', id, from + m * minute);
    if (errors === null || errors > 0.05 || (memory ?? 0) > 0.95) bad += 1;
  }
  return bad;
}

/** One sign, with what the policy says about the proposal and what would have come of it. */
export function caseOf(
  world: World,
  policy: PolicyContent,
  sign: Sign,
  proposed: Proposed,
): ReplayCase | null {
  const { service, at } = sign;
  const { step } = proposed;
  // Without whatever people did about it later: what would have come of it by itself.
  const past = world.upTo(at);
  const effect = effectOf(past, service.tenantId, step, at);
  if (!('commands' in effect)) return null;
  const acted = effect.commands.reduce((w, command) => w.with(command, at), past);
  const [before, after] = [badMinutes(past, service.id, at), badMinutes(acted, service.id, at)];
  const later = at + watch * minute;
  const perDay = costPerDay(acted, service.id, later) - costPerDay(past, service.id, later);
  const { effect: said } = evaluate(policy, {
    ...(policy.scope.tenant === undefined ? {} : { tenant: service.tenantId }),
    risk: proposed.tier,
    action: step.action,
    environment: 'simulation',
    ...(step.action === 'scale' ? { factor: step.params.replicas / Math.max(1, sign.replicas) } : {}),
  });
  const cause = world.faultsAt(at).find(f => f.target.id === service.id || f.target.id === service.tenantId);
  return {
    at: new Date(at).toISOString(),
    tenantId: service.tenantId,
    service: service.id,
    sign: sign.sign,
    action: step.action,
    said: proposed.said,
    tier: proposed.tier,
    decision: said === 'allow' || said === 'limit' ? 'allow' : said,
    outcome: after >= before + 2 ? 'harm' : before - after >= Math.max(3, 0.25 * before) ? 'save' : 'false',
    badMinutesBefore: before,
    badMinutesAfter: after,
    costEur: Math.round(((perDay * watch) / 1440) * 100) / 100,
    cause: cause?.fault ?? null,
  };
}

export const draftOf = (document: PolicyDocument<'autonomy'>, tenantId?: string): PolicyContent => ({
  id: 'draft',
  kind: 'autonomy',
  scope: { regions: [], labels: {}, ...(tenantId === undefined ? {} : { tenant: tenantId }) },
  document,
  staleness: 'serve',
  expires: null,
});

export function countsOf(cases: readonly ReplayCase[]): ReplayCounts {
  const acted = cases.filter(c => c.decision === 'allow');
  const count = (outcome: ReplayCase['outcome']) => acted.filter(c => c.outcome === outcome).length;
  const harmed = count('harm');
  const sum = (of: (c: ReplayCase) => number) => Math.round(acted.reduce((n, c) => n + of(c), 0) * 100) / 100;
  return {
    cases: cases.length,
    acted: acted.length,
    asked: cases.filter(c => c.decision === 'approve').length,
    denied: cases.filter(c => c.decision === 'deny').length,
    harmed,
    saved: count('save'),
    falseActions: count('false'),
    harmRate: acted.length === 0 ? null : harmed / acted.length,
    harmUpper: Math.round(wilsonUpper(harmed, acted.length) * 1e4) / 1e4,
    savedMinutes: sum(c => c.badMinutesBefore - c.badMinutesAfter),
    costEur: sum(c => c.costEur),
  };
}

/** Above this nothing runs by itself, however often it went well: the upper end of what the harm may be. */
const harmLimit = 0.25;
const falseLimit = 0.5;

/**
 * How much a tenant's action may do without a person. The evidence is everybody's (one tenant alone rarely has enough),
 * and one case of harm to the tenant itself is enough against it.
 */
export function gatesOf(cases: readonly ReplayCase[]): ReplayResult['gates'] {
  const by = <K extends 'action' | 'tenantId'>(key: K, all: readonly ReplayCase[]) =>
    Map.groupBy(all, c => c[key]);
  return [...by('action', cases)].flatMap(([action, fleet]) => {
    // Judged as if everything had been allowed: a policy that forbids an action proves nothing about it.
    const all = countsOf(fleet.map(c => ({ ...c, decision: 'allow' as const })));
    return [...by('tenantId', fleet)].map(([tenantId, mine]) => {
      const own = countsOf(mine.map(c => ({ ...c, decision: 'allow' as const })));
      const reason =
        all.harmUpper > harmLimit
          ? `Of ${all.acted} cases ${all.harmed} did harm: up to ${percent(all.harmUpper)} may, and ${percent(harmLimit)} is the limit`
          : own.harmed > 0
            ? `${own.harmed} of the tenant’s own ${own.acted} cases did harm`
            : all.falseActions > falseLimit * all.acted
              ? `${all.falseActions} of ${all.acted} cases changed nothing`
              : null;
      return {
        tenantId,
        action,
        mode: reason ? ('approve' as const) : ('auto' as const),
        acted: own.acted,
        harmed: own.harmed,
        saved: own.saved,
        falseActions: own.falseActions,
        harmUpper: all.harmUpper,
        reason: reason ?? `Of ${all.acted} cases ${all.saved} helped and ${all.harmed} did harm`,
      };
    });
  });
}

const percent = (value: number) => `${Math.round(value * 100)} percent`;

export function resultOf(cases: readonly ReplayCase[], from: number, to: number): ReplayResult {
  const actions = [...new Set(cases.map(c => c.action))].sort() as ActionName[];
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    total: countsOf(cases),
    byAction: actions.map(action => ({ action, ...countsOf(cases.filter(c => c.action === action)) })),
    cases: cases.toSorted((a, b) => (a.at < b.at ? 1 : -1)).slice(0, 1000),
    gates: gatesOf(cases).sort(
      (a, b) => a.tenantId.localeCompare(b.tenantId) || a.action.localeCompare(b.action),
    ),
  };
}
