import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDispatcher } from '#kernel/jobs/dispatcher.ts';
import { kernelJobs } from '#kernel/jobs/housekeeping.ts';
import { followPolicies, policiesInForce } from '#kernel/policy/in-force.ts';
import { openBus } from '#kernel/realtime/bus.ts';
import { person, type TestBed, tenantCaller, testBed } from '#scripts/testing/database.ts';
import { testHub } from '#scripts/testing/policies.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createCaller } from './root.ts';

let bed: TestBed;
let hub: Awaited<ReturnType<typeof testHub>>;
beforeAll(async () => {
  bed = await testBed();
  hub = await testHub(bed);
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  await registerTestRegion(bed, { name: 'sa-east', country: 'BR' });
});
afterAll(async () => {
  await hub.stop();
  await bed.close();
});

const operator = () => createCaller(bed.as(person('operator')));
const tenant = (id = 'acme') => createCaller(bed.as(tenantCaller(id)));
const revoke = async (id: string) => {
  await operator().policies.revoke({ id, reason: 'The test is over' });
  for (let i = 0; i < 5; i += 1) await hub.hub.step();
  expect(await bed.rows("select 1 from policy where id = $1 and state = 'active'", [id])).toEqual([]);
};
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => null,
    error => ({ code: error.cause?.code as string, message: String(error.message) }),
  );
const acme = {
  id: 'acme',
  name: 'Acme',
  environment: 'staging' as const,
  homeRegion: 'eu-west',
  dataClasses: ['health' as const],
};

describe('a residency policy', () => {
  it('keeps a tenant’s data out of a region it denies for one of its classes, and says which policy did', async () => {
    const create = (id: string, more: object) => operator().tenants.create({ ...acme, id, ...more });
    expect(await refusal(create('before', { homeRegion: 'sa-east' }))).toBeNull();
    await hub.activate({
      id: 'stay-home',
      kind: 'residency',
      document: { rules: [{ dataClasses: ['health'], deniedRegions: ['sa-east'] }] },
    });
    const said = await refusal(create('r1', { homeRegion: 'sa-east' }));
    expect(said).toMatchObject({ code: 'tenant.policy' });
    expect(said?.message).toMatch(/“stay-home” \(version 1\) denies sa-east for health data/);
    expect(await bed.rows("select 1 from tenant where id = 'r1'")).toEqual([]);
    expect(await refusal(create('r2', { allowedRegions: ['eu-west', 'sa-east'] }))).toMatchObject({
      code: 'tenant.policy',
    });
    expect(await refusal(create('r3', { homeRegion: 'sa-east', dataClasses: ['public'] }))).toBeNull();
    expect(await refusal(create('acme', {}))).toBeNull();
  });

  it('asks about what is being changed only', async () => {
    const update = (id: string, patch: object, version: number) =>
      refusal(operator().tenants.update({ id, version, patch }));
    expect(await update('before', { name: 'Renamed' }, 1)).toBeNull();
    expect(await update('before', { dataClasses: ['health', 'public'] }, 2)).toMatchObject({
      code: 'tenant.policy',
    });
    expect(await update('acme', { allowedRegions: ['eu-west', 'sa-east'] }, 1)).toMatchObject({
      code: 'tenant.policy',
    });
    await revoke('stay-home');
    expect(await update('before', { dataClasses: ['health', 'public'] }, 2)).toBeNull();
  });
});

describe('a consent policy', () => {
  it('lets no tenant consent to what it denies; what it does not mention stays the tenant’s own word', async () => {
    const consent = async (consents: string[]) => {
      const { version } = await operator().tenants.get({ id: 'acme' });
      return refusal(
        operator().tenants.update({ id: 'acme', version, patch: { consents: consents as never } }),
      );
    };
    await hub.activate({ id: 'no-sharing', kind: 'consent', document: { denied: ['sharing'] } });
    const said = await consent(['analytics', 'sharing']);
    expect(said).toMatchObject({ code: 'tenant.policy' });
    expect(said?.message).toMatch(/“no-sharing” \(version 1\) denies sharing/);
    expect(await consent(['analytics'])).toBeNull();
    await revoke('no-sharing');
    expect(await consent(['analytics', 'sharing'])).toBeNull();
  });
});

describe('an access policy', () => {
  const rules = (...given: [string, string, string][]) => ({
    rules: given.map(([effect, role, action]) => ({
      effect,
      roles: [role],
      actions: [action],
      resources: ['*'],
    })),
  });

  it('takes procedures away from tenants’ tokens, and from nobody else', async () => {
    const list = () => refusal(tenant().policies.list({}));
    const read = () => refusal(tenant().tenants.get({ id: 'acme' }));
    expect(await list()).toBeNull();
    await hub.activate({
      id: 'narrow',
      kind: 'access',
      document: rules(['allow', 'tenant', '*'], ['deny', 'tenant', 'policies.*']),
    });
    const said = await list();
    expect(said?.code).toBe('policy.access');
    expect(said?.message).toMatch(/“narrow” \(version 1\) does not let tenants call policies\.list/);
    expect(await read()).toBeNull();
    expect(await refusal(operator().policies.list({}))).toBeNull();
    expect(
      await bed.rows(
        "select 1 from ledger_entry where type = 'access.denied' and target = 'procedure:policies.list'",
      ),
    ).toHaveLength(1);
  });

  it('never grants, leaves tenants alone where it does not name them, and ends with its revocation', async () => {
    await hub.activate({ id: 'narrow', kind: 'access', document: rules(['allow', 'tenant', '*']) });
    expect(await refusal(tenant().relays.list({}))).toMatchObject({ code: 'auth.denied' });
    await hub.activate({ id: 'narrow', kind: 'access', document: rules(['deny', 'operator', '*']) });
    expect(await refusal(tenant().policies.list({}))).toBeNull();
    await hub.activate({ id: 'narrow', kind: 'access', document: rules(['deny', '*', '*']) });
    expect(await refusal(tenant().policies.list({}))).toMatchObject({ code: 'policy.access' });
    await revoke('narrow');
    expect(await refusal(tenant().policies.list({}))).toBeNull();
  });

  it('of one tenant’s namespace holds for that tenant only, and denies once it has expired', async () => {
    await hub.activate({
      id: 'acme-only',
      kind: 'access',
      scope: { tenant: 'acme' },
      document: rules(['allow', 'tenant', '*']),
      expires: new Date(bed.clock.now().getTime() + 60_000).toISOString(),
    });
    expect(await refusal(tenant().policies.list({}))).toBeNull();
    bed.clock.advance(61_000);
    expect(await refusal(tenant().policies.list({}))).toMatchObject({ code: 'policy.access' });
    expect(await refusal(tenant('before').policies.list({}))).toBeNull();
    await revoke('acme-only');
  });
});

describe('a rate-limit policy', () => {
  it('slows a tenant’s token down, one allowance for all that its pattern matches, and nobody else', async () => {
    await hub.activate({
      id: 'slow',
      kind: 'rate-limit',
      document: { limits: [{ purpose: 'policies.*', perMinute: 6, burst: 2 }] },
    });
    const results: (string | undefined)[] = [];
    for (const call of [
      () => tenant().policies.list({}),
      () => tenant().policies.activeAt({ at: bed.clock.now().toISOString() }),
      () => tenant().policies.list({}),
    ])
      results.push((await refusal(call()))?.code);
    expect(results.filter(code => code === undefined)).toHaveLength(2);
    expect(results.filter(code => code === 'policy.rate_limit')).toHaveLength(1);
    const said = await refusal(tenant().policies.list({}));
    expect(said?.message).toMatch(/“slow” \(version 1\) lets a tenant call policies\.list 6 times a minute/);
    expect(await refusal(tenant().tenants.get({ id: 'acme' }))).toBeNull();
    expect(await refusal(tenant('before').policies.list({}))).toBeNull();
    for (let i = 0; i < 4; i += 1) expect(await refusal(operator().policies.list({}))).toBeNull();
    bed.clock.advance(10_000);
    expect(await refusal(tenant().policies.list({}))).toBeNull();
    await hub.activate({ id: 'slow', kind: 'rate-limit', document: { limits: [{ perMinute: 0 }] } });
    expect(await refusal(tenant().tenants.get({ id: 'acme' }))).toMatchObject({ code: 'policy.rate_limit' });
    await revoke('slow');
    expect(await refusal(tenant().policies.list({}))).toBeNull();
  });
});

describe('a retention policy', () => {
  const prune = async () => {
    const job = kernelJobs.find(j => j.name === 'kernel.prune');
    await job?.run({}, { ctx: bed.system, attempt: 1, signal: new AbortController().signal });
  };
  const read = (daysAgo: number) =>
    bed.rows('insert into audit_read (reader, session, resource, period) values ($1, $2, $3, $4)', [
      'user:x',
      '',
      `days ${daysAgo}`,
      new Date(bed.clock.now().getTime() - daysAgo * 86_400_000 + 1000),
    ]);
  const left = async () =>
    (await bed.rows<{ resource: string }>('select resource from audit_read order by resource')).map(
      row => row.resource,
    );

  it('says how long what the console forgets is kept, within the console’s own bounds', async () => {
    const days = [1, 3, 20, 40];
    await hub.activate({
      id: 'keep',
      kind: 'retention',
      document: { defaultDays: 400, rules: [{ dataClass: 'internal', days: 5 }] },
    });
    for (const day of days) await read(day);
    await prune();
    expect(await left()).toEqual(['days 1', 'days 3']);
    await hub.activate({ id: 'keep', kind: 'retention', document: { defaultDays: 400 } });
    for (const day of days.slice(2)) await read(day);
    await prune();
    expect(await left()).toEqual(['days 1', 'days 20', 'days 3']);
    await revoke('keep');
    await prune();
    expect(await left()).toEqual(['days 1']);
  });
});

describe('what processes hold of the active policies', () => {
  it('costs no query until one changes, and is read again when the stream says so', async () => {
    const bus = await openBus(bed.database);
    const stop = followPolicies(bed.database, bus);
    const dispatcher = createDispatcher(bed.database.pool('atom_owner'));
    const settle = async () => {
      while ((await dispatcher.step()) !== 0);
      const [{ last } = { last: 0 }] = await bed.rows<{ last: number }>(
        'select coalesce(max(id), 0)::int as last from realtime_event',
      );
      while (bus.cursor() < last) await new Promise(resolve => setTimeout(resolve, 10));
    };
    try {
      await settle();
      const first = await policiesInForce(bed.database);
      expect(await policiesInForce(bed.database)).toBe(first);
      await hub.activate({ id: 'seen', kind: 'retention', document: { defaultDays: 9 } });
      await settle();
      const next = await policiesInForce(bed.database);
      expect(next.map(h => h.content.id)).toContain('seen');
      expect(first.map(h => h.content.id)).not.toContain('seen');
    } finally {
      stop();
      await bus.close();
    }
  });
});

describe('a dry run', () => {
  const draft = { id: 'try', kind: 'consent', document: { granted: ['analytics'] } };

  it('says that there is nothing recorded, and later what would have come out differently', async () => {
    bed.clock.advance(25 * 3_600_000);
    expect(await operator().policies.dryRun(draft)).toMatchObject({ recorded: 0, changed: 0, oldest: null });
    for (let i = 0; i < 250; i += 1)
      await operator()
        .policies.decide({ kind: 'consent', purpose: i < 50 ? 'sharing' : 'analytics', tenant: 'acme' })
        .catch(() => null);
    const found = await operator().policies.dryRun(draft);
    expect(found).toMatchObject({ recorded: 250, replayed: 100 });
    expect(found.changed).toBe(250);
    expect(found.denied).toBeGreaterThan(10);
    expect(found.denied).toBeLessThan(110);
    expect(found.examples[0]).toMatchObject({ from: 'none', question: { tenant: 'acme' } });
    const other = await tenant('before').policies.dryRun({ ...draft, scope: { tenant: 'before' } });
    expect(other.recorded).toBe(0);
    expect((await tenant('acme').policies.dryRun({ ...draft, scope: { tenant: 'acme' } })).recorded).toBe(
      250,
    );
    bed.clock.advance(24 * 3_600_000 + 1000);
    expect(await operator().policies.dryRun(draft)).toMatchObject({ recorded: 0 });
    await expect(
      operator().policies.dryRun({ ...draft, document: { granted: ['x'] } }),
    ).rejects.toMatchObject({
      cause: { code: 'policy.invalid' },
    });
  });

  it('keeps a day of decisions, and no secret in them', async () => {
    await operator()
      .policies.decide({ kind: 'routing', purpose: 'mail someone@example.com' })
      .catch(() => null);
    await operator().policies.dryRun({ id: 'x', kind: 'routing', document: { strategy: 'latency' } });
    const rows = await bed.rows<{ question: object; kind: string }>(
      'select kind, question from policy_decision',
    );
    expect(JSON.stringify(rows)).not.toContain('someone@example.com');
    expect(rows.filter(row => row.kind === 'consent')).toEqual([]);
    expect(rows.filter(row => row.kind === 'routing')).toHaveLength(1);
  });
});

describe('drafts', () => {
  it('are kept as typed, say when they are outdated, and go with the publication', async () => {
    const content = { document: 'not JSON y' };
    expect(await operator().policies.drafts({ id: 'drafted' })).toEqual([]);
    await operator().policies.saveDraft({ id: 'drafted', content });
    expect(await operator().policies.drafts({ id: 'drafted' })).toMatchObject([
      { id: 'drafted', content, baseVersion: 0, outdated: false, author: 'user:user-operator' },
    ]);
    await hub.activate({ id: 'drafted', kind: 'retention', document: { defaultDays: 3 } });
    expect(await operator().policies.drafts({ id: 'drafted' })).toEqual([]);
    await operator().policies.saveDraft({ id: 'drafted', content });
    await operator().policies.discardDraft({ id: 'drafted' });
    expect(await operator().policies.drafts({})).toEqual([]);
    expect(await refusal(operator().policies.discardDraft({ id: 'drafted' }))).toMatchObject({
      code: 'draft of a policy.not_found',
    });
  });

  it('of one tenant are nobody else’s', async () => {
    await tenant('acme').policies.saveDraft({ id: 'mine', tenant: 'acme', content: { document: '{}' } });
    expect(await tenant('before').policies.drafts({})).toEqual([]);
    expect(await refusal(tenant('before').policies.discardDraft({ id: 'mine' }))).not.toBeNull();
    expect(
      await refusal(tenant('before').policies.saveDraft({ id: 'x', tenant: 'acme', content: {} })),
    ).not.toBeNull();
    expect(
      await refusal(tenant('before').policies.saveDraft({ id: 'mine', tenant: 'before', content: {} })),
    ).toMatchObject({ code: 'policy.not_found' });
    expect(await tenant('acme').policies.drafts({})).toHaveLength(1);
  });
});
