import { type ActionName, type ActionPlan, irreversible, type PlanStep } from '#kernel/actions/plan.ts';
import type { Decision } from '#kernel/policy/combine.ts';
import type { Question } from '#kernel/policy/evaluate.ts';
import type { TargetState } from '../schema/target.ts';
import { type Assessment, type Tier, tiers } from '../schema.ts';

export interface Surroundings {
  tenant: { id: string; environment: string; tier: string };
  /** The targets of the plan's steps as they are now, in the order of the steps; null = there is none of that name. */
  found: readonly (TargetState | null)[];
  /** How many targets this tenant has, and how many tenants share what is shared. */
  targetsOfTenant: number;
  tenants: number;
}

const rank = (tier: Tier) => tiers.indexOf(tier);
const worse = (a: Tier, b: Tier): Tier => (rank(a) >= rank(b) ? a : b);

interface Rated {
  tier: Tier;
  why: string;
}

const replicasOf = (found: TargetState | null): number | null => {
  const now = found?.state.replicas;
  return typeof now === 'number' ? now : null;
};

const sessionsOf = (found: TargetState): string => {
  const now = found.state.sessions;
  return typeof now === 'number' ? `All sessions (${now} now)` : 'All sessions';
};

/** How many times larger (or smaller) a scale makes its target; Infinity where it is stopped or started from nothing. */
export function factorOf(step: PlanStep, found: TargetState | null): number | null {
  if (step.action !== 'scale') return null;
  const now = replicasOf(found);
  if (now === null) return null;
  const { replicas } = step.params;
  if (now === replicas) return 1;
  if (now === 0 || replicas === 0) return Number.POSITIVE_INFINITY;
  return Math.max(replicas / now, now / replicas);
}

function rateScale(step: Extract<PlanStep, { action: 'scale' }>, found: TargetState | null): Rated {
  const now = replicasOf(found);
  const factor = factorOf(step, found);
  const to = step.params.replicas;
  if (now === null || factor === null)
    return {
      tier: 'high',
      why: `${step.target} says nothing about its replicas, so the step is taken as large.`,
    };
  const words = `${step.target} goes from ${now} to ${to} replicas`;
  if (to === 0) return { tier: 'high', why: `${words}: it stops.` };
  if (factor > 3)
    return { tier: 'high', why: `${words}, more than three times ${to > now ? 'as many' : 'fewer'}.` };
  const small = to > now ? 1.5 : 1.34;
  return { tier: factor > small ? 'medium' : 'low', why: `${words}.` };
}

function rate(step: PlanStep, found: TargetState | null): Rated {
  switch (step.action) {
    case 'dryrun':
      return { tier: 'low', why: 'It changes nothing.' };
    case 'scale':
      return rateScale(step, found);
    case 'restart':
      if (found?.kind === 'database')
        return {
          tier: 'high',
          why: `${sessionsOf(found)} of ${step.target} end at once, whatever they are doing: every service that uses the role is interrupted.`,
        };
      return replicasOf(found) === 1
        ? { tier: 'medium', why: `${step.target} has one replica: a restart interrupts it.` }
        : { tier: 'low', why: `${step.target} is restarted one replica after the other.` };
    case 'rollback':
      return { tier: 'medium', why: `${step.target} goes back to another release.` };
    case 'rotate-keys':
      return { tier: 'high', why: `The keys of ${step.target} change; the old ones end.` };
    case 'failover':
      return { tier: 'high', why: `${step.target} is taken over by ${step.params.toRegion}.` };
    case 'policy-rollback':
      return {
        tier: 'high',
        why: `The policy ${step.target} goes back to version ${step.params.toVersion}.`,
      };
    case 'cordon':
      return { tier: 'medium', why: `${step.target} takes nothing new.` };
    case 'drain':
      return { tier: 'high', why: `${step.target} is emptied.` };
  }
}

/** Touches more than its own tenant: what is shared, or somebody else's. */
const crosses = (found: TargetState | null, tenantId: string): boolean =>
  found !== null && found.tenantId !== tenantId;

const ofEverybody = (step: PlanStep, found: TargetState | null): boolean =>
  step.action === 'failover' ||
  found?.kind === 'region' ||
  (step.action === 'policy-rollback' && found?.kind === 'policy' && found.tenantId === null);

/** What is asked of the autonomy policies in force, one question a step. */
export function questionsOf(plan: ActionPlan, around: Surroundings, tier: Tier): Question[] {
  const share = shareOf(plan, around);
  return plan.steps.map((step, n) => {
    const found = around.found[n] ?? null;
    const factor = factorOf(step, found);
    return {
      tenant: plan.tenantId,
      action: step.action,
      resource: step.target,
      risk: tier,
      environment: around.tenant.environment,
      // Only a share of the whole installation makes an action a global one.
      share: touchesEverybody(plan, around) ? share : 0,
      ...(found?.region ? { region: found.region } : {}),
      ...(factor === null ? {} : { factor: Math.min(factor, 1000) }),
    };
  });
}

const touchesEverybody = (plan: ActionPlan, around: Surroundings) =>
  plan.steps.some((step, n) => ofEverybody(step, around.found[n] ?? null));

const shareOf = (plan: ActionPlan, around: Surroundings): number => {
  if (touchesEverybody(plan, around)) return 1;
  const targets = new Set(plan.steps.map(step => step.target)).size;
  return around.targetsOfTenant === 0 ? 0 : Math.min(1, targets / around.targetsOfTenant);
};

/** How dangerous a plan is by itself, before anybody's policy spoke. */
export function tierOf(plan: ActionPlan, around: Surroundings): { tier: Tier; reasons: string[] } {
  let tier = 'low' as Tier;
  const reasons: string[] = [];
  plan.steps.forEach((step, n) => {
    const found = around.found[n] ?? null;
    const rated = rate(step, found);
    tier = worse(tier, rated.tier);
    reasons.push(rated.why);
    if (step.action !== 'dryrun' && crosses(found, plan.tenantId)) {
      tier = worse(tier, 'high');
      reasons.push(
        found?.tenantId
          ? `${step.target} belongs to ${found.tenantId}.`
          : `${step.target} is shared by several tenants.`,
      );
    }
  });
  if (tier === 'medium' && around.tenant.tier === 'critical') {
    tier = 'high';
    reasons.push(`${around.tenant.id} is a critical tenant.`);
  }
  if (tier === 'low' && plan.steps.length > 5) {
    tier = 'medium';
    reasons.push(`It has ${plan.steps.length} steps.`);
  }
  return { tier, reasons };
}

/** Why a replay of history leaves an action to people. */
export const whyAgainst = ({ action, reason }: History): string =>
  `The replay of history speaks against ${action} without a person. ${reason}.`;

const effects = { allow: 0, approve: 1, deny: 2 } as const;
type Effect = keyof typeof effects;

/** What replays of history say about one action of one tenant. */
export interface History {
  action: ActionName;
  mode: 'auto' | 'approve';
  reason: string;
}

/**
 * Tier, blast radius, what the policies in force and what history say together. `decisions`: one for each step, null = none
 * speaks; `history`: of the actions that were replayed, none = as the policies say.
 */
export function assess(
  plan: ActionPlan,
  around: Surroundings,
  decisions: readonly (Decision | null)[],
  history: readonly History[] = [],
): Assessment {
  const { tier, reasons } = tierOf(plan, around);
  // Where no policy speaks, only what is of low risk happens without a person.
  let effect: Effect = tier === 'low' ? 'allow' : 'approve';
  let dryRunFirst = around.tenant.environment === 'production';
  let second = touchesEverybody(plan, around);
  const spoken = decisions.filter(decision => decision !== null);
  if (spoken.length > 0) {
    effect = 'allow';
    for (const decision of spoken) {
      const said: Effect =
        decision.effect === 'deny' ? 'deny' : decision.effect === 'approve' ? 'approve' : 'allow';
      if (effects[said] > effects[effect]) effect = said;
      dryRunFirst ||= decision.obligations.dryRun === true;
      second ||= Number(decision.obligations.approvers ?? 0) > 1;
      reasons.push(...decision.reasons);
    }
  }
  // No policy makes a dangerous action free: it can only be stricter.
  if (effect === 'allow' && rank(tier) >= rank('high')) {
    effect = 'approve';
    reasons.push('What is of high risk needs an approver, whatever the policies leave free.');
  }
  // History can only make it stricter, too: a replay that went well frees nothing that a policy leaves to people.
  const against = effect === 'deny' ? [] : history.filter(({ mode }) => mode === 'approve');
  if (against.length > 0) effect = 'approve';
  reasons.push(...against.map(whyAgainst));
  const regions = [...new Set(around.found.flatMap(f => (f?.region ? [f.region] : [])))].toSorted();
  const others = new Set(
    around.found.flatMap(f => (f && f.tenantId !== plan.tenantId ? [f.tenantId ?? '*'] : [])),
  );
  const tenants = others.has('*') || second ? around.tenants : others.size + 1;
  const targets = new Set(plan.steps.map(step => step.target)).size;
  return {
    tier,
    effect,
    needsApproval: effect === 'approve',
    reversible: plan.steps.every(step => !irreversible.has(step.action)),
    dryRunFirst,
    blast: {
      targets,
      tenants,
      regions,
      share: Math.round(shareOf(plan, around) * 1000) / 1000,
      global: second,
      words: blastWords(plan, targets, tenants, regions, second),
    },
    reasons: [...new Set(reasons)],
  };
}

const several = (n: number, one: string) => `${n === 1 ? `One ${one}` : `${n} ${one}s`}`;

function blastWords(plan: ActionPlan, targets: number, tenants: number, regions: string[], global: boolean) {
  const names = [...new Set(plan.steps.map(step => step.target))];
  const named = names.length <= 3 ? ` (${names.join(', ')})` : '';
  const whose = tenants === 1 ? `of ${plan.tenantId}` : `that ${tenants} tenants depend on`;
  const where = regions.length === 0 ? '' : `, in ${regions.join(', ')}`;
  return `${several(targets, 'target')}${named} ${whose}${where}${global ? '. Global: two people have to agree' : ''}.`;
}

/** Which of the approval policies it falls under. */
export const approvalClass = ({
  tier,
  blast,
}: Pick<Assessment, 'tier' | 'blast'>): 'global' | 'high' | 'medium' =>
  blast.global ? 'global' : rank(tier) >= rank('high') ? 'high' : 'medium';

const param = (step: PlanStep): string => {
  switch (step.action) {
    case 'scale':
      return ` to ${step.params.replicas} replicas`;
    case 'rollback':
      return step.params.toVersion ? ` to ${step.params.toVersion}` : ' to the release before';
    case 'failover':
      return ` to ${step.params.toRegion}`;
    case 'policy-rollback':
      return ` to version ${step.params.toVersion}`;
    default:
      return '';
  }
};
const verbs = {
  scale: 'Scale',
  restart: 'Restart',
  rollback: 'Roll back',
  'rotate-keys': 'Rotate the keys of',
  failover: 'Fail over',
  'policy-rollback': 'Roll back the policy',
  cordon: 'Cordon',
  drain: 'Drain',
  dryrun: 'Look at',
} as const;

/** As an imperative sentence. */
export const stepWords = (step: PlanStep): string => `${verbs[step.action]} ${step.target}${param(step)}`;

export const planTitle = (plan: ActionPlan): string => {
  const [first, ...more] = plan.steps;
  const words = first ? stepWords(first) : 'Nothing';
  return `${words} for ${plan.tenantId}${more.length > 0 ? `, and ${more.length} more` : ''}`;
};
