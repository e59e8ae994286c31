import { tierOf } from '#server/governance/actions/rules/assess.ts';
import { candidatesFrom } from '#server/governance/reasoner/rules/candidates.ts';
import type { Assessment, Evidence } from '#server/governance/reasoner/rules/evidence.ts';
import { measuresOf } from '#server/governance/reasoner/rules/measures.ts';
import { type Reasoned, reason } from '#server/governance/reasoner/rules/propose.ts';
import { dimensionsOf } from '#server/governance/simulation/rules/sandbox.ts';
import { costPerDay } from '#server/world/bill.ts';
import type { World } from '#server/world/world.ts';

const minute = 60_000;
const windowMinutes = 60;
const iso = (t: number) => new Date(t).toISOString();
const needed = <T>(found: T | undefined): T => {
  if (found === undefined) throw new Error('The world has no such service.');
  return found;
};

/** What the console would know of one service at one moment, with nothing but the world as its source. */
export function worldEvidence(world: World, id: string, at: number): Evidence {
  const service = needed(world.service(id));
  const now = iso(at);
  const from = at - windowMinutes * minute;
  const events = world.events(from, at + 1, id).filter(event => event.severity !== 'debug');
  const loud = events
    .filter(event => event.severity !== 'info' && event.ts > at - 15 * minute)
    .map(e => e.id);
  const { replicas } = world.serviceAt(id, at);
  const metrics = ['cpu', 'memory', 'rps', 'error_ratio', 'latency_p95_ms'] as const;
  const series = metrics.map(metric => [
    metric,
    world
      .series(metric, id, from, at, 15_000)
      .flatMap(({ t, value }) => (value === null ? [] : [{ ts: iso(t), value }])),
  ]);
  return {
    now,
    tenantId: service.tenantId,
    windowMinutes,
    allowedActions: [],
    risk: {
      id: 'r1',
      service: id,
      at: now,
      stale: false,
      scores: { ...dimensionsOf(world, [id], at - 3 * minute, at), security: 40, compliance: 40 },
      contributions: (['performance', 'reliability', 'cost'] as const).map(dimension => ({
        dimension,
        feature: 'events',
        value: 1,
        weight: 10,
        eventIds: loud,
      })),
    },
    events: events.map(event => ({ ...event, ts: iso(event.ts) })),
    measures: measuresOf(Object.fromEntries(series), replicas, now),
    outcomes: [],
    regions: [service.region, 'sa-east'],
    policies: [{ id: 'pii', version: 3 }],
  };
}

/** Ranked with the tier and the cost that the console's own rules and the world's prices give each plan. */
export function worldProposals(world: World, id: string, at: number): Reasoned {
  const service = needed(world.service(id));
  const { replicas } = world.serviceAt(id, at);
  const siblings = world.services.filter(s => s.tenantId === service.tenantId).length;
  const evidence = worldEvidence(world, id, at);
  return reason(evidence, candidatesFrom(evidence), (plan): Assessment => {
    const [step] = plan.steps;
    const { tier, reasons } = tierOf(plan, {
      tenant: { id: service.tenantId, environment: 'simulation', tier: 'standard' },
      found: plan.steps.map(({ target }) => ({
        target,
        kind: 'service',
        tenantId: service.tenantId,
        region: service.region,
        version: '',
        state: { replicas },
        simulated: true,
      })),
      targetsOfTenant: siblings,
      tenants: 1,
    });
    const perDay =
      step?.action === 'scale' ? costPerDay(world, id, at) * (step.params.replicas / replicas - 1) : 0;
    return {
      tier,
      blastShare: 1 / siblings,
      blast: id,
      reversible: step?.action !== 'rotate-keys',
      needsApproval: false,
      denied: false,
      reasons,
      policies: [],
      cost: { perDay, currency: 'EUR', low: perDay, high: perDay },
    };
  });
}
