import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashPolicy, readPolicy } from './bytes.ts';
import { decide, type Held } from './combine.ts';
import { evaluate, matches, type Question } from './evaluate.ts';
import { documentSchemas, type PolicyContent, type PolicyKind, policyContent, policyKinds } from './kinds.ts';

const policy = (kind: PolicyKind, document: object, scope: object = {}): PolicyContent =>
  policyContent.parse({ id: 'p', kind, scope, document, staleness: 'serve', expires: null });
const held = (content: PolicyContent): Held => ({ content, version: 1, hash: 'h', epoch: 1 });

const tiers = { low: 'auto', medium: 'auto', high: 'approve', critical: 'deny' };
const cases: [PolicyKind, object, Question, string, object?][] = [
  ['residency', { rules: [{ allowedCountries: ['DE'] }] }, { region: 'fra', country: 'DE' }, 'allow'],
  ['residency', { rules: [{ allowedCountries: ['DE'] }] }, { region: 'iad', country: 'US' }, 'deny'],
  ['residency', { rules: [{ allowedCountries: ['DE'] }] }, { region: 'iad' }, 'deny'],
  ['residency', { rules: [{ allowedRegions: ['fra'] }] }, {}, 'deny'],
  [
    'residency',
    { rules: [{ dataClasses: ['health'], deniedRegions: ['iad'] }] },
    { region: 'iad', dataClass: 'public' },
    'allow',
  ],
  [
    'residency',
    { rules: [{ dataClasses: ['health'], deniedRegions: ['iad'] }] },
    { region: 'iad', dataClass: 'health' },
    'deny',
  ],
  ['residency', { rules: [{ dataClasses: ['health'], deniedRegions: ['iad'] }] }, { region: 'iad' }, 'deny'],
  ['consent', { granted: ['analytics'] }, { purpose: 'analytics' }, 'allow'],
  ['consent', { granted: ['analytics'] }, { purpose: 'sharing' }, 'deny'],
  ['consent', { granted: ['analytics'], denied: ['analytics'] }, { purpose: 'analytics' }, 'deny'],
  ['consent', {}, {}, 'deny'],
  [
    'retention',
    { defaultDays: 30, rules: [{ dataClass: 'health', days: 7 }] },
    { dataClass: 'health' },
    'allow',
    { days: 7 },
  ],
  ['retention', { defaultDays: 30 }, {}, 'allow', { days: 30 }],
  [
    'rate-limit',
    { limits: [{ purpose: 'ingest*', perMinute: 5 }] },
    { purpose: 'ingest.logs' },
    'limit',
    { perMinute: 5, burst: 5 },
  ],
  ['rate-limit', { limits: [{ purpose: 'ingest*', perMinute: 5 }] }, { purpose: 'query' }, 'allow'],
  ['autonomy', { tiers }, { risk: 'low' }, 'allow', { approvers: 0, dryRun: false }],
  [
    'autonomy',
    { tiers },
    { risk: 'high', environment: 'production' },
    'approve',
    { approvers: 1, dryRun: true },
  ],
  ['autonomy', { tiers }, { risk: 'unknown' }, 'deny'],
  [
    'autonomy',
    { tiers, actions: { scale: { maxFactor: 3 } } },
    { risk: 'low', action: 'scale', factor: 4 },
    'approve',
    { approvers: 1 },
  ],
  ['autonomy', { tiers, globalThreshold: 0.5 }, { risk: 'low', share: 0.6 }, 'approve', { approvers: 2 }],
  [
    'access',
    { rules: [{ effect: 'allow', roles: ['ops'], actions: ['*'], resources: ['svc/*'] }] },
    { role: 'ops', action: 'read', resource: 'svc/a' },
    'allow',
  ],
  [
    'access',
    {
      rules: [
        { effect: 'allow', roles: ['*'], actions: ['*'], resources: ['*'] },
        { effect: 'deny', roles: ['ops'], actions: ['delete'], resources: ['*'] },
      ],
    },
    { role: 'ops', action: 'delete', resource: 'svc/a' },
    'deny',
  ],
  [
    'access',
    { rules: [{ effect: 'allow', roles: ['ops'], actions: ['*'], resources: ['*'] }] },
    { role: 'ops' },
    'deny',
  ],
  [
    'routing',
    { strategy: 'latency', deniedRegions: ['a'] },
    {
      candidates: [
        { region: 'a', latencyMs: 1 },
        { region: 'b', latencyMs: 9 },
      ],
    },
    'allow',
    { region: 'b' },
  ],
  [
    'routing',
    { strategy: 'weighted', weights: { a: 1, b: 3 } },
    {
      candidates: [
        { region: 'a', latencyMs: 1 },
        { region: 'b', latencyMs: 9 },
      ],
    },
    'allow',
    { region: 'b' },
  ],
  [
    'routing',
    { strategy: 'cost', maxLatencyMs: 5 },
    { candidates: [{ region: 'a', latencyMs: 9, cost: 1 }] },
    'deny',
  ],
];

describe('a policy', () => {
  it.each(cases)('%s %j of %j: %s', (kind, document, question, effect, obligations = {}) => {
    const answer = evaluate(policy(kind, document), question);
    expect(answer.effect).toBe(effect);
    expect(answer.obligations).toMatchObject(obligations);
    expect(answer.reasons.length).toBeGreaterThan(0);
  });

  it('has an evaluated example of every kind', () => {
    expect(new Set(cases.map(([kind]) => kind))).toEqual(new Set(policyKinds));
    expect(Object.keys(documentSchemas).toSorted()).toEqual(policyKinds.toSorted());
  });

  it('answers nobody from another tenant’s namespace', () => {
    const own = policy('consent', { granted: ['sharing'] }, { tenant: 't1' });
    expect(evaluate(own, { tenant: 't1', purpose: 'sharing' }).effect).toBe('allow');
    expect(evaluate(own, { tenant: 't2', purpose: 'sharing' }).effect).toBe('deny');
    expect(evaluate(own, { purpose: 'sharing' }).effect).toBe('deny');
  });

  it('refuses documents of another kind, unknown fields and empty ones, and names the field', () => {
    const issues = (kind: string, document: unknown) => {
      const parsed = policyContent.safeParse({
        id: 'p',
        kind,
        scope: {},
        document,
        staleness: 'serve',
        expires: null,
      });
      return parsed.success ? [] : parsed.error.issues.map(issue => issue.path.join('.'));
    };
    expect(issues('retention', { defaultDays: 0 })).toEqual(['document.defaultDays']);
    expect(issues('retention', { defaultDays: 1, more: 1 })).toEqual(['document']);
    expect(issues('residency', { rules: [] })).toEqual(['document.rules']);
    expect(issues('rego', {})).toEqual(['kind']);
  });

  it('is read back from its canonical bytes only', () => {
    const { bytes, hash } = hashPolicy(policy('retention', { defaultDays: 7 }));
    expect(readPolicy(bytes)?.hash).toBe(hash);
    expect(readPolicy(Buffer.from(` ${bytes.toString()}`))).toBeNull();
    expect(
      readPolicy(Buffer.from(bytes.toString().replace('"defaultDays":7,', '"defaultDays":7.0,'))),
    ).toBeNull();
    expect(readPolicy(Buffer.from('{"defaultDays":7}'))).toBeNull();
    expect(readPolicy(Buffer.from('nonsense'))).toBeNull();
  });
});

describe('several policies of a kind', () => {
  it('hold together: the stricter one wins', () => {
    const global = held(policy('retention', { defaultDays: 30 }));
    const own = held(policy('retention', { defaultDays: 7 }, { tenant: 't1' }));
    expect(decide('retention', [global, own], { tenant: 't1' })?.obligations).toEqual({ days: 7 });
    expect(decide('retention', [global, own], { tenant: 't2' })?.obligations).toEqual({ days: 30 });
    expect(decide('retention', [own], { tenant: 't2' })).toBeNull();
    const open = held(policy('consent', { granted: ['sharing'] }));
    const shut = held(policy('consent', { denied: ['sharing'] }, { tenant: 't1' }));
    expect(decide('consent', [open, shut], { tenant: 't1', purpose: 'sharing' })?.effect).toBe('deny');
    expect(decide('consent', [shut, open], { tenant: 't1', purpose: 'sharing' })?.effect).toBe('deny');
    expect(decide('consent', [open, shut], { tenant: 't2', purpose: 'sharing' })?.effect).toBe('allow');
  });

  it('speak in the regions of their scope', () => {
    const here = held(policy('consent', { denied: ['sharing'] }, { regions: ['fra'] }));
    expect(decide('consent', [here], { region: 'iad', purpose: 'sharing' })).toBeNull();
    expect(decide('consent', [here], { region: 'fra', purpose: 'sharing' })?.effect).toBe('deny');
  });
});

describe('a pattern', () => {
  it('matches as the regular expression of the same meaning', () => {
    const part = fc.stringMatching(/^[ab*.]{0,8}$/);
    fc.assert(
      fc.property(part, fc.stringMatching(/^[ab.]{0,10}$/), (pattern, text) => {
        const regex = new RegExp(`^${pattern.replace(/\./g, '\\.').replace(/\*/g, '.*')}$`);
        expect(matches(pattern, text)).toBe(regex.test(text));
      }),
      { numRuns: 3000 },
    );
  });
});
