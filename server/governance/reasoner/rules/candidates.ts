import { type ActionName, actionPlanSchema, type PlanStep, planStepSchema } from '#kernel/actions/plan.ts';
import { type CauseName, causeNames, type Supported, weigh } from './causes.ts';
import { actionsFor, efficacyOf } from './efficacy.ts';
import type { Candidate, Evidence } from './evidence.ts';
import { claimsOf, factsOf } from './rationale.ts';
import { type Sign, signsOf } from './signals.ts';

/** Below this no cause is taken for one. */
export const leastBelief = 0.2;
/** So many messages must name a machine or a policy alike before it is acted on: one line of telemetry alone moves nothing. */
const leastNames = 2;

export interface Weighed {
  signs: Sign[];
  supported: Supported[];
  candidates: Candidate[];
}

/** Every plan that the evidence speaks for. Whatever is not in the typed catalogue cannot be written down here. */
export function candidatesFrom(evidence: Evidence): Weighed {
  const cited = new Set(evidence.risk.contributions.flatMap(c => c.eventIds));
  const signs = signsOf(evidence.events, {
    service: evidence.risk.service,
    now: evidence.now,
    windowMinutes: evidence.windowMinutes,
    cited,
  });
  const supported = causeNames
    .map(name => weigh(name, signs, evidence))
    .filter((cause): cause is Supported => cause !== null)
    .toSorted((a, b) => b.belief - a.belief || (a.name < b.name ? -1 : 1));
  const candidates = supported
    .filter(cause => cause.belief >= leastBelief)
    .flatMap(cause =>
      actionsFor(cause.name).flatMap(action =>
        plansFor(cause, action, evidence).map(steps => ({ steps, cause, action })),
      ),
    )
    .flatMap(({ steps, cause, action }) => {
      const plan = actionPlanSchema.safeParse({ tenantId: evidence.tenantId, steps });
      if (!plan.success) return [];
      const candidate: Candidate = {
        plan: plan.data,
        cause: cause.name,
        claims: claimsOf(cause, evidence),
        facts: factsOf(cause, action, evidence),
        dimension: cause.rule.dimension,
        belief: cause.belief,
        efficacy: efficacyOf(cause.name, action, evidence.outcomes),
        share: shareOf(cause, evidence),
      };
      return [candidate];
    });
  return { signs, supported, candidates: onePerPlan(candidates) };
}

/** The same plan for two causes is one proposal, for the cause that is believed more. */
function onePerPlan(candidates: readonly Candidate[]): Candidate[] {
  const byPlan = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const key = JSON.stringify(candidate.plan.steps);
    const known = byPlan.get(key);
    if (!known || chanceOf(candidate) > chanceOf(known)) byPlan.set(key, candidate);
  }
  return [...byPlan.values()];
}
const chanceOf = ({ belief, efficacy }: Candidate) => belief * efficacy.mean;

/** Steps of one action against one cause: one list for each way of doing it. */
function plansFor(cause: Supported, action: ActionName, evidence: Evidence): PlanStep[][] {
  if (evidence.allowedActions.length > 0 && !evidence.allowedActions.includes(action)) return [];
  const made = stepsFor(cause.name, action, cause, evidence).map(step => planStepSchema.safeParse(step));
  return made.flatMap(step => (step.success ? [[step.data]] : []));
}

function stepsFor(name: CauseName, action: ActionName, cause: Supported, evidence: Evidence): unknown[] {
  const { service } = evidence.risk;
  const replicas = Math.round(evidence.measures.replicas?.latest ?? Number.NaN);
  if (action === 'scale') {
    if (service === null || !Number.isFinite(replicas) || replicas < 1) return [];
    return replicaChoices(name, replicas, evidence).map(wanted => ({
      action,
      target: service,
      params: { replicas: wanted },
    }));
  }
  if (action === 'cordon' || action === 'drain')
    return namedTwice(cause, 'node').map(target => ({ action, target, params: {} }));
  if (action === 'policy-rollback') {
    const named = namedTwice(cause, 'policy');
    return evidence.policies
      .filter(({ id, version }) => named.includes(id) && version > 1)
      .map(({ id, version }) => ({ action, target: id, params: { toVersion: version - 1 } }));
  }
  const hit = regionsOf(cause, evidence);
  if (action === 'failover') {
    const toRegion = evidence.regions.find(region => !hit.includes(region));
    return service === null || hit.length === 0 || toRegion === undefined
      ? []
      : [{ action, target: service, params: { toRegion } }];
  }
  const regional = action === 'rotate-keys' ? hit.map(target => ({ action, target, params: {} })) : [];
  if (service === null) return regional;
  return [{ action, target: service, params: {} }, ...regional];
}

/** Regions that the cause's events name and the console knows. */
const regionsOf = (cause: Supported, { regions }: Evidence): string[] =>
  regions.filter(region => cause.signs.some(({ event }) => event.region === region));

function replicaChoices(cause: CauseName, replicas: number, evidence: Evidence): number[] {
  if (cause === 'overprovision') {
    const cpu = evidence.measures.cpu?.mean ?? Number.NaN;
    if (!Number.isFinite(cpu)) return [];
    const wanted = Math.max(1, Math.ceil((replicas * cpu) / 0.6));
    return wanted < replicas ? [wanted] : [];
  }
  return [...new Set([Math.ceil(replicas * 1.5), replicas * 2])].filter(wanted => wanted > replicas);
}

/** What at least two messages name alike in a typed field. */
function namedTwice(cause: Supported, field: string): string[] {
  const names = new Map<string, Set<string>>();
  for (const { event } of cause.signs) {
    const value = event.attributes[field];
    if (typeof value !== 'string' || value.length > 120) continue;
    names.set(value, (names.get(value) ?? new Set()).add(event.id));
  }
  return [...names]
    .filter(([, by]) => by.size >= leastNames)
    .map(([value]) => value)
    .sort();
}

/** Which part of the dimension's score comes from what this cause's events brought; half, where the score does not say. */
function shareOf(cause: Supported, { risk }: Evidence): number {
  const own = risk.contributions.filter(c => c.dimension === cause.rule.dimension && c.weight > 0);
  const whole = own.reduce((sum, c) => sum + c.weight, 0);
  if (whole <= 0) return 0.5;
  const ids = new Set(cause.signs.map(sign => sign.event.id));
  const explained = own.filter(c => c.eventIds.some(id => ids.has(id)));
  return Math.max(0.25, explained.reduce((sum, c) => sum + c.weight, 0) / whole);
}
