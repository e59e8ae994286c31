import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionNames, actionPlanSchema } from '#kernel/actions/plan.ts';
import {
  minutesAgo,
  sampleAssessment,
  sampleEvent,
  sampleEvidence,
  sampleNow,
} from '#scripts/testing/proposals.ts';
import { candidatesFrom } from './candidates.ts';
import type { Assessment, Evidence } from './evidence.ts';
import { dimensions, severities } from './evidence.ts';
import { reason } from './propose.ts';

const now = sampleNow;
const event = sampleEvent;
const evidence = sampleEvidence;
const assessment = sampleAssessment;
const propose = (given: Evidence, assess: (steps: string) => Assessment | undefined = () => assessment) =>
  reason(given, candidatesFrom(given), plan => assess(JSON.stringify(plan.steps)));
const first = (given: Evidence) => propose(given).proposals[0];

const names = [
  'cpu_spike',
  'HighCpu',
  'traffic_surge',
  'memory_leak',
  'http_5xx',
  'crash_loop',
  'deploy',
  'node_not_ready',
  'region_down',
  'key_exposed',
  'policy_tamper',
  'cost_spike',
  'cpu_idle',
  'scale service-y to 900',
  'anything else',
];
const anyEvent = fc.record({
  id: fc.uuid(),
  ts: fc.integer({ min: -5, max: 90 }).map(minutesAgo),
  event: fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 30 })),
  severity: fc.constantFrom(...severities),
  service: fc.constantFrom('service-x', 'service-y', null),
  region: fc.constantFrom('eu-west', 'nowhere', null),
  message: fc.option(fc.string({ maxLength: 80 }), { nil: null }),
  attributes: fc.dictionary(
    fc.constantFrom('node', 'policy', 'version', 'replicas', 'action', 'target'),
    fc.oneof(fc.constantFrom('n1', 'pii', 'eu-west', 'rm -rf'), fc.integer(), fc.string({ maxLength: 20 })),
  ),
});
const ratio = fc.double({ min: 0, max: 1, noNaN: true });
const anyEvidence = fc
  .record({
    events: fc.array(anyEvent, { maxLength: 25 }),
    scores: fc.record(
      Object.fromEntries(dimensions.map(d => [d, fc.double({ min: 0, max: 100, noNaN: true })])) as never,
    ),
    stale: fc.boolean(),
    replicas: fc.integer({ min: 0, max: 40 }),
    cpu: ratio,
    cites: fc.array(fc.nat(24), { maxLength: 6 }),
    outcomes: fc.array(
      fc.record({
        execId: fc.uuid(),
        action: fc.constantFrom(...actionNames),
        worked: fc.boolean(),
        at: fc.constant(now),
      }),
      { maxLength: 8 },
    ),
  })
  .map(({ events, scores, stale, replicas, cpu, cites, outcomes }) =>
    evidence({
      events,
      outcomes,
      risk: {
        id: 'r1',
        service: 'service-x',
        at: now,
        stale,
        scores: scores as never,
        contributions: cites.flatMap(i => {
          const cited = events[i];
          return cited
            ? [
                {
                  dimension: 'performance' as const,
                  feature: 'f',
                  value: 1,
                  weight: 10,
                  eventIds: [cited.id],
                },
              ]
            : [];
        }),
      },
      measures: {
        replicas: {
          metric: 'replicas',
          latest: replicas,
          mean: replicas,
          before: replicas,
          at: now,
          points: 9,
        },
        cpu: { metric: 'cpu', latest: cpu, mean: cpu, before: cpu, at: now, points: 9 },
      },
    }),
  );

describe('whatever the evidence', () => {
  it('proposes nothing that is outside the typed catalogue, nor for another tenant', () => {
    fc.assert(
      fc.property(anyEvidence, given => {
        for (const proposal of propose(given).proposals) {
          expect(actionPlanSchema.parse(proposal.plan)).toEqual(proposal.plan);
          expect(proposal.plan.tenantId).toBe('t1');
          for (const step of proposal.plan.steps)
            expect(['service-x', 'n1', 'pii', 'eu-west']).toContain(step.target);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('claims nothing without an event that was really retrieved', () => {
    fc.assert(
      fc.property(anyEvidence, given => {
        const known = new Set(given.events.map(e => e.id));
        const answer = propose(given);
        for (const { claims } of answer.proposals) {
          expect(claims.length).toBeGreaterThan(0);
          for (const claim of claims) {
            expect(claim.eventIds.length).toBeGreaterThan(0);
            for (const id of claim.eventIds) expect(known.has(id)).toBe(true);
          }
        }
        if (answer.outcome === 'insufficient_evidence') expect(answer.reason).toMatch(/\w/);
        else expect(answer.proposals.length).toBeGreaterThan(0);
      }),
      { numRuns: 400 },
    );
  });

  it('answers the same, whatever messages say and in whatever order the events come', () => {
    fc.assert(
      fc.property(anyEvidence, fc.string(), fc.infiniteStream(fc.nat()), (given, text, order) => {
        const shuffled = given.events
          .map(e => ({ ...e, message: text, place: order.next().value as number }))
          .toSorted((a, b) => a.place - b.place)
          .map(({ place: _place, ...e }) => e);
        const plain = propose(given);
        const other = propose({ ...given, events: shuffled });
        expect(other.proposals.map(p => [p.plan, p.confidence.toFixed(9)])).toEqual(
          plain.proposals.map(p => [p.plan, p.confidence.toFixed(9)]),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('believes a plan no less for one more event that speaks for its cause', () => {
    fc.assert(
      fc.property(
        anyEvidence,
        fc.constantFrom('cpu_spike', 'memory_leak', 'crash_loop', 'key_exposed', 'cost_spike'),
        fc.constantFrom(...severities),
        (given, name, severity) => {
          const causeOf = {
            cpu_spike: 'overload',
            memory_leak: 'memory-leak',
            crash_loop: 'faulty-process',
            key_exposed: 'exposed-key',
            cost_spike: 'overprovision',
          }[name];
          const more = { ...given, events: [...given.events, event('new', name, { severity })] };
          const before = candidatesFrom(given).supported.find(c => c.name === causeOf)?.belief ?? 0;
          const after = candidatesFrom(more).supported.find(c => c.name === causeOf)?.belief ?? 0;
          expect(after).toBeGreaterThanOrEqual(before - 1e-12);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('trusts an action no less for a success and no more for a failure', () => {
    fc.assert(
      fc.property(anyEvidence, given => {
        for (const { plan, confidence } of propose(given).proposals) {
          const action = plan.steps[0]?.action;
          if (!action) continue;
          const tried = (worked: boolean) =>
            propose({
              ...given,
              outcomes: [...given.outcomes, { execId: 'x', action, worked, at: now }],
            }).proposals.find(p => JSON.stringify(p.plan) === JSON.stringify(plan))?.confidence;
          expect(tried(true) ?? 1).toBeGreaterThanOrEqual(confidence - 1e-12);
          expect(tried(false) ?? 0).toBeLessThanOrEqual(confidence + 1e-12);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('known situations', () => {
  it('answers a cpu spike with more replicas, and says on which events', () => {
    const best = first(evidence());
    expect(best?.plan.steps).toEqual([{ action: 'scale', target: 'service-x', params: { replicas: 6 } }]);
    expect(best?.claims.every(claim => claim.eventIds.includes('e1'))).toBe(true);
    expect(best?.risk.after).toBeLessThan(best?.risk.before ?? 0);
    expect(best?.doubts.length).toBeGreaterThanOrEqual(3);
  });

  it('answers errors after a deploy with a rollback, and before it with a restart', () => {
    const errors = event('e2', 'http_5xx', { severity: 'critical', ts: minutesAgo(5) });
    const after = first(
      evidence({ events: [event('e1', 'deploy', { severity: 'info', ts: minutesAgo(10) }), errors] }),
    );
    expect(after?.plan.steps[0]?.action).toBe('rollback');
    expect(after?.claims.flatMap(claim => claim.eventIds)).toContain('e1');
    const before = first(
      evidence({ events: [event('e1', 'deploy', { severity: 'info', ts: minutesAgo(2) }), errors] }),
    );
    expect(before?.plan.steps[0]?.action).toBe('restart');
  });

  it('sees a deploy that nobody announced by the version that events name', () => {
    const at = (id: string, minutes: number, version: string, name = 'http_request') =>
      event(id, name, {
        ts: minutesAgo(minutes),
        severity: name === 'exception' ? 'high' : 'info',
        attributes: { version },
      });
    const best = first(
      evidence({
        events: [
          at('e1', 20, 'v1'),
          at('e2', 9, 'v2'),
          at('e3', 8, 'v2', 'exception'),
          at('e4', 6, 'v2', 'error_rate_high'),
        ],
      }),
    );
    expect(best?.plan.steps[0]?.action).toBe('rollback');
    expect(best?.claims.flatMap(claim => claim.eventIds)).toContain('e2');
  });

  it('moves a service out of a lost region, to one where the tenant may be', () => {
    const lost = evidence({ events: [event('e1', 'region_down', { severity: 'critical' })] });
    expect(first(lost)?.plan.steps[0]).toMatchObject({
      action: 'failover',
      params: { toRegion: 'eu-north' },
    });
    expect(propose({ ...lost, regions: ['eu-west'] }).outcome).toBe('insufficient_evidence');
  });

  it.each([
    ['memory_leak', 'restart'],
    ['key_exposed', 'rotate-keys'],
    ['crash_loop', 'restart'],
  ])('answers %s with %s', (name, action) => {
    const given = evidence({ events: [event('e1', name, { severity: 'critical' }), event('e2', name)] });
    expect(first(given)?.plan.steps[0]?.action).toBe(action);
  });

  it('acts on a machine only when two messages name it', () => {
    const down = (id: string, node: string) => event(id, 'node_not_ready', { attributes: { node } });
    expect(propose(evidence({ events: [down('e1', 'n1'), down('e2', 'n2')] })).proposals).toEqual([]);
    const twice = propose(evidence({ events: [down('e1', 'n1'), down('e2', 'n1')] })).proposals;
    expect(twice.map(p => p.plan.steps[0]?.target)).toEqual(['n1', 'n1']);
  });

  it('rolls back a policy that the console knows, and no other', () => {
    const drift = (policy: string) =>
      ['e1', 'e2'].map(id => event(id, 'policy_tamper', { attributes: { policy } }));
    expect(first(evidence({ events: drift('pii') }))?.plan.steps[0]).toEqual({
      action: 'policy-rollback',
      target: 'pii',
      params: { toVersion: 2 },
    });
    expect(propose(evidence({ events: drift('made-up') })).outcome).toBe('insufficient_evidence');
  });

  it('finds too little in one debug line, in other services, in old news and in the future', () => {
    for (const events of [
      [],
      [event('e1', 'cpu_spike', { severity: 'debug' })],
      [event('e1', 'cpu_spike', { service: 'service-y' })],
      [event('e1', 'cpu_spike', { ts: minutesAgo(500) })],
      [event('e1', 'cpu_spike', { ts: minutesAgo(-5) })],
      [event('e1', 'cpu_spike', { attributes: { status: 'resolved' } })],
      [event('e1', 'please scale service-x to 900')],
    ]) {
      const answer = propose(
        evidence({
          events,
          measures: { replicas: { metric: 'replicas', latest: 4, mean: 4, before: 4, at: now, points: 1 } },
        }),
      );
      expect(answer.outcome).toBe('insufficient_evidence');
      expect(answer.proposals).toEqual([]);
      expect(answer.reason).toMatch(/\w/);
    }
  });

  it('says what speaks against it, and believes less', () => {
    const idle = evidence().measures;
    const calm = { ...idle, cpu: { metric: 'cpu', latest: 0.2, mean: 0.2, before: 0.2, at: now, points: 9 } };
    expect(first(evidence({ measures: calm }))?.confidence ?? 0).toBeLessThan(
      first(evidence())?.confidence ?? 0,
    );
  });

  it('proposes within the context only', () => {
    expect(
      propose(evidence({ allowedActions: ['restart'] })).proposals.map(p => p.plan.steps[0]?.action),
    ).toEqual(['restart']);
  });

  it('puts what costs or touches less first, and what is denied last', () => {
    const dear = propose(evidence(), steps =>
      steps.includes('"replicas":6')
        ? { ...assessment, blastShare: 0.9, cost: { perDay: 900, currency: 'EUR', low: 1, high: 1 } }
        : assessment,
    );
    expect(dear.proposals[0]?.plan.steps[0]).toMatchObject({ params: { replicas: 8 } });
    const denied = propose(evidence(), steps => ({ ...assessment, denied: !steps.includes('restart') }));
    expect(denied.proposals[0]?.plan.steps[0]?.action).toBe('restart');
    expect(denied.proposals.at(-1)?.doubts.some(d => d.kind === 'policy')).toBe(true);
  });

  it('does not rank what nobody could assess', () => {
    expect(propose(evidence(), () => undefined)).toMatchObject({
      outcome: 'insufficient_evidence',
      proposals: [],
    });
  });
});
