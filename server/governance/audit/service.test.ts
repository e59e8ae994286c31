import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommitEvent } from '#kernel/ledger/event.ts';
import {
  person,
  simulationPrincipal,
  type TestBed,
  tenantCaller,
  testBed,
} from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { sealLedger } from '#scripts/testing/seal.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant, suspendTenant } from '#server/federation/tenants/service.ts';
import { exportLedger } from '#server/ledger-export.ts';
import { createCaller } from '#server/root.ts';
import { portServer } from '#workers/ports.ts';
import { systems } from '../../systems.ts';
import { verifyProof, withOneByteChanged } from './schema/proof.ts';

let bed: TestBed;
const operatorId = randomUUID();
const operator = () => createCaller(bed.as(person('operator', operatorId)));
const write = async (event: CommitEvent): Promise<string> => {
  await bed.system.commit(event, async () => {});
  return bed.system.entry()?.uid ?? expect.fail();
};

beforeAll(async () => {
  bed = await testBed();
  await bed.rows(
    `insert into "user" (id, name, display_name, roles, password_hash, created_at, updated_at) values ($1, 'operator', 'Operator', '{operator}', '-', now(), now())`,
    [operatorId],
  );
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const [id, environment] of [
    ['acme', 'production'],
    ['toy', 'simulation'],
    ['other', 'staging'],
  ] as const)
    await createTenant(
      bed.system,
      createTenantInput.parse({ id, name: `${id} corp`, environment, homeRegion: 'eu-west' }),
    );
});
afterAll(() => bed.close());

describe('an entry', () => {
  it('is promised first, and then proved, by uid, number and reference', async () => {
    const { uid } = await operator().audits.note({
      text: 'looked at it',
      reference: 'case-7',
      tenantId: 'toy',
    });
    const promised = await operator().audits.get({ id: uid });
    expect(promised).toMatchObject({ state: 'promised', index: null, proof: { checkpoint: null } });
    expect((await verifyProof(promised.proof, promised)).verdict).toBe('promised');
    await sealLedger(bed);
    const sealed = await operator().audits.get({ id: uid });
    expect(sealed.state).toBe('sealed');
    expect(sealed.sentence).toBe('Operator noted about tenant toy corp: looked at it');
    expect(await verifyProof(sealed.proof, sealed)).toMatchObject({ verdict: 'verified' });
    expect((await verifyProof(withOneByteChanged(sealed.proof), sealed)).verdict).toBe('refused');
    for (const id of [String(sealed.index), 'case-7'])
      expect((await operator().audits.get({ id })).uid).toBe(uid);
    for (const id of ['999999', 'no-such', randomUUID()])
      await expect(operator().audits.get({ id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is justified by its own facts', async () => {
    const caller = createCaller(bed.as(person('operator', operatorId), { channel: 'console' }));
    await caller.tenants.suspend({ id: 'toy', reason: 'moved away' });
    const { rows } = await operator().audits.list({ target: 'tenant:toy', limit: 1 });
    const entry = await operator().audits.get({ id: rows[0]?.uid ?? '' });
    expect(entry.justification.summary).toContain('Operator suspended tenant toy corp: moved away.');
    expect(entry.justification.summary).toContain('in the console, by tenants.suspend');
    expect(entry.changes).toEqual([{ field: 'state', from: 'active', to: 'suspended' }]);
    expect(entry).toMatchObject({ channel: 'console', outcome: 'done', system: 'tenants' });
  });

  it('shows what led to it and what came of it, from request to execution', async () => {
    const approval = { kind: 'approval', id: 'r1' };
    const request = await write({ type: 'approval.requested', target: approval });
    const approve = await write({ type: 'approval.approved', target: approval });
    const release = await write({ type: 'approval.released', target: approval, causedBy: [approve] });
    const execute = await write({
      type: 'tenant.updated',
      target: { kind: 'tenant', id: 'acme' },
      causedBy: [release],
    });
    await write({ type: 'approval.requested', target: { kind: 'approval', id: 'r2' } });
    for (const id of [request, execute]) {
      const { why } = await operator().audits.get({ id });
      expect(why.nodes.map(n => n.uid)).toEqual([request, approve, release, execute]);
      expect(why.edges.map(e => [e.from, e.to])).toEqual(
        expect.arrayContaining([
          [request, approve],
          [approve, release],
          [release, execute],
        ]),
      );
    }
    expect((await operator().audits.get({ id: execute })).justification.summary).toContain(
      'It followed from:',
    );
  });

  it('of a call that was let happen names what let it', async () => {
    const release = await write({ type: 'approval.released', target: { kind: 'approval', id: 'r9' } });
    const caller = createCaller(bed.as(person('operator', operatorId), { causedBy: [release] }));
    await caller.tenants.suspend({ id: 'other', reason: 'as approved' });
    const { rows } = await operator().audits.list({ target: 'tenant:other', limit: 1 });
    const { why } = await operator().audits.get({ id: rows[0]?.uid ?? '' });
    expect(why.edges).toEqual([{ from: release, to: rows[0]?.uid, kind: 'caused' }]);
  });

  it('whose case is endless is cut, and says so', async () => {
    for (let i = 0; i < 65; i++) await write({ type: 'audit.noted', reference: 'endless' });
    const { why } = await operator().audits.get({ id: 'endless' });
    expect(why.nodes).toHaveLength(60);
    expect(why.cut).toBe(true);
  });
});

describe('secrets', () => {
  it('planted in an entry leave by no door, and its proof still holds as far as it can', async () => {
    const canaries = ['canary-password-1', 'canarytoken1234567890', 'canary-dsn-pw', 'canary@example.com'];
    const uid = await write({
      type: 'audit.noted',
      reference: 'planted',
      detail: {
        password: canaries[0] ?? '',
        reason: `Bearer ${canaries[1]} and postgres://atom:${canaries[2]}@db/atom`,
        list: [{ to: canaries[3] ?? '' }],
      },
    });
    await sealLedger(bed);
    const entry = await operator().audits.get({ id: uid });
    expect(entry.proof.body).toBeNull();
    expect((await verifyProof(entry.proof, entry)).verdict).toBe('incomplete');
    const exported = await Promise.all(
      ['jsonl', 'csv', 'zip'].map(format =>
        exportLedger(bed.as(person('admin')), format, new URLSearchParams()).then(r => r.text()),
      ),
    );
    const all = JSON.stringify([
      entry,
      await operator().audits.list({ routine: true, limit: 200 }),
      exported,
    ]);
    for (const canary of canaries) expect(all).not.toContain(canary);
    expect(exported[2]).toContain('{"withheld":true}');
  });
});

describe('the list', () => {
  const types = async (input: Parameters<ReturnType<typeof operator>['audits']['list']>[0]) =>
    [...new Set((await operator().audits.list({ limit: 200, ...input })).rows.map(r => r.type))].sort();

  it('filters by every facet on the server', async () => {
    expect(await types({ system: ['regions'] })).toEqual(['region.registered']);
    expect(await types({ type: ['tenant.created'] })).toEqual(['tenant.created']);
    expect(await types({ system: ['regions'], type: ['tenant.created'] })).toEqual([]);
    expect(await types({ outcome: ['noted'], search: 'planted' })).toEqual(['audit.noted']);
    expect(await types({ actor: [`user:${operatorId}`] })).toEqual(['audit.noted', 'tenant.suspended']);
    expect(await types({ tenant: ['acme'] })).toEqual(['tenant.created']);
    expect(await types({ channel: ['console'] })).toEqual(['tenant.suspended']);
    expect(await types({ from: '2100-01-01T00:00:00Z' })).toEqual([]);
    await expect(types({ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' })).rejects.toThrow(
      /later/,
    );
  });

  it('searches words in typed columns; all must occur; signs are letters', async () => {
    expect(await types({ search: 'suspended toy' })).toEqual(['tenant.suspended']);
    expect(await types({ search: 'operator suspended' })).toEqual(['tenant.suspended']);
    expect(await types({ search: 'suspended acme' })).toEqual([]);
    expect(await types({ search: '%' })).toEqual([]);
    expect(await types({ search: "'; drop table ledger_entry" })).toEqual([]);
  });

  it('goes on from where it ended, without repeating or leaving out', async () => {
    const seen: string[] = [];
    for (let before: string | null = null, first = true; first || before; first = false) {
      const page: { rows: { uid: string }[]; next: string | null } = await operator().audits.list({
        routine: true,
        limit: 30,
        ...(before ? { before } : {}),
      });
      seen.push(...page.rows.map(r => r.uid));
      before = page.next;
    }
    const [{ n }] = (await bed.rows<{ n: number }>('select count(*) as n from ledger_entry')) as [
      { n: number },
    ];
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(n);
  });

  it('counts its facets', async () => {
    const facets = await operator().audits.facets({});
    expect(facets.system).toContainEqual({ value: 'tenants', label: 'tenants', count: 6 });
    expect(facets.actor).toContainEqual({ value: `user:${operatorId}`, label: 'operator', count: 3 });
    expect(facets.channel.map(c => c.value).sort()).toEqual(['console', 'job', 'test']);
  });
});

describe('who sees what', () => {
  it('a tenant sees its own entries and proofs, and nothing else', async () => {
    const tenant = createCaller(bed.as(tenantCaller('acme'))).audits;
    const { rows } = await tenant.list({ limit: 200, routine: true });
    expect(new Set(rows.map(r => r.tenantId))).toEqual(new Set(['acme']));
    const entry = await tenant.get({ id: rows[0]?.uid ?? '' });
    expect((await verifyProof(entry.proof, entry)).verdict).toBe('verified');
    await expect(tenant.get({ id: 'case-7' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(JSON.stringify(await tenant.facets({}))).not.toContain('toy');
    await expect(tenant.note({ text: 'hello there' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('the simulated world shows entries of simulated tenants only', async () => {
    const anyone = createCaller(bed.as(simulationPrincipal)).audits;
    const { rows } = await anyone.list({ limit: 200, routine: true });
    expect(new Set(rows.map(r => r.tenantId))).toEqual(new Set(['toy']));
    expect((await anyone.get({ id: 'case-7' })).tenantId).toBe('toy');
    await expect(anyone.get({ id: 'planted' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(JSON.stringify(await anyone.facets({}))).not.toContain('acme');
  });

  it('port 8805 explains an entry to a caller of the simulated world, and refuses what it does not know', async () => {
    const server = portServer(systems.find(s => s.key === 'audits') ?? expect.fail(), bed);
    const found = await server.inject({ url: '/audit/case-7', headers: { host: 'localhost' } });
    expect(found.statusCode).toBe(200);
    expect(found.json()).toMatchObject({
      reference: 'case-7',
      state: 'sealed',
      justification: { summary: expect.any(String) },
    });
    const unknown = await server.inject({ url: '/audit/nothing', headers: { host: 'localhost' } });
    expect(unknown.statusCode).toBe(404);
    await server.close();
  });
});

describe('an auditor’s reads', () => {
  const auditor = (session = 's1') => ({ ...person('auditor', 'auditor-1'), sessionId: session });
  const reads = () =>
    bed.rows<{ target: string }>(
      `select target from ledger_entry where type = 'audit.read' and actor = 'user:auditor-1' order by id`,
    );

  it('are entries of their own, once per session, resource and five minutes', async () => {
    for (let i = 0; i < 3; i++) await createCaller(bed.as(auditor())).audits.get({ id: 'case-7' });
    expect((await reads()).map(r => r.target)).toEqual(['resource:audits.get case-7']);
    await createCaller(bed.as(auditor())).tenants.list({});
    await createCaller(bed.as(auditor('s2'))).audits.get({ id: 'case-7' });
    expect(await reads()).toHaveLength(3);
    bed.clock.advance(5 * 60_000);
    await createCaller(bed.as(auditor())).audits.get({ id: 'case-7' });
    expect(await reads()).toHaveLength(4);
  });

  it('are claimed once by many processes at the same time', async () => {
    const claim = () =>
      bed.database
        .pool('atom_auditor')
        .query(`select claim_read('user:x', 's', 'r', '2026-01-01T00:00:00Z') as first`)
        .then(r => r.rows[0].first as boolean);
    const all = await Promise.all(Array.from({ length: 8 }, claim));
    expect(all.filter(Boolean)).toHaveLength(1);
  });

  it('are all that an auditor’s database role can write', async () => {
    const pool = bed.database.pool('atom_auditor');
    for (const sql of [
      'insert into audit_read values (1)',
      'delete from audit_read',
      'update ledger_entry set type = type',
      'delete from ledger_entry',
      "update tenant set name = 'x'",
    ])
      await expect(pool.query(sql)).rejects.toThrow(/permission denied|append-only/);
  });

  it('of an operator are not recorded', async () => {
    await operator().audits.list({});
    expect(
      await bed.rows(`select 1 from ledger_entry where type = 'audit.read' and actor = $1`, [
        `user:${operatorId}`,
      ]),
    ).toEqual([]);
  });
});

describe('a note', () => {
  it('about an entry is linked with it and keeps its tenant', async () => {
    await suspendTenant(bed.system, { id: 'acme', reason: 'not paid' });
    const about = bed.system.entry()?.uid ?? '';
    const { uid } = await operator().audits.note({ text: 'they paid later', entry: about });
    const note = await operator().audits.get({ id: uid });
    expect(note).toMatchObject({ tenantId: 'acme', target: 'tenant:acme' });
    expect(note.why.edges).toEqual([{ from: about, to: uid, kind: 'caused' }]);
  });
  it('about nothing that exists is refused', async () => {
    await expect(operator().audits.note({ text: 'hello', entry: 'nope' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(operator().audits.note({ text: 'hello', tenantId: 'nope' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
