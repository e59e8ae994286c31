import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { anonymous } from '#kernel/auth/principal.ts';
import { holdersOf } from '#kernel/authz/authz.ts';
import { readContext } from '#kernel/trpc/builders.ts';
import type { ReadContext } from '#kernel/trpc/context.ts';
import {
  person,
  simulationPrincipal,
  type TestBed,
  tenantCaller,
  testBed,
} from '#scripts/testing/database.ts';
import { sealLedger } from '#scripts/testing/seal.ts';
import { type ArchiveFile, readArchive } from '#scripts/verbs/evidence/archive.ts';
import { checkEvidence } from '#scripts/verbs/evidence/check.ts';
import { verifyEvidenceVerb } from '#scripts/verbs/evidence.ts';
import { runAudit } from '#server/policy/auditor/service.ts';
import { consoleSigning } from '#server/policy/hub/service/console-signing.ts';
import { Hub } from '#server/policy/hub/service/hub.ts';
import { publishPolicy } from '#server/policy/hub/service/publish.ts';
import { downloadEvidence, downloadOpenReports } from '#server/policy-downloads.ts';
import { appRouter, createCaller } from '#server/root.ts';

let bed: TestBed;
let hub: Hub;
const at: Record<string, string> = {};
const auditor = person('auditor', 'a1');
const portal = (who = auditor) => createCaller(bed.as(who)).portal;
const lookingOnly = (who = person('admin')): Promise<ReadContext> =>
  readContext(bed.as(who), { permission: 'portal:read', readOnly: true }, 'portal.test');

async function publish(id: string, days: number, extra: object = {}): Promise<void> {
  await publishPolicy(bed.system, { id, kind: 'retention', document: { defaultDays: days }, ...extra });
  for (let i = 0; i < 10; i += 1) {
    await hub.step();
    bed.clock.advance(500);
  }
}
const pack = async (id: string, query = '', who = auditor) => {
  const answer = await downloadEvidence(bed.as(who), id, new URLSearchParams(query));
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
};

beforeAll(async () => {
  bed = await testBed();
  hub = new Hub({
    database: bed.database,
    clock: bed.clock,
    signing: consoleSigning(bed.database, bed.clock),
  });
  await hub.start();
  at.before = bed.clock.now().toISOString();
  bed.clock.advance(60_000);
  await publish('keep', 7);
  await publish('north', 5, { scope: { regions: ['eu-north'] } });
  at.first = bed.clock.now().toISOString();
  bed.clock.advance(60_000);
  await publish('keep', 9);
  at.second = bed.clock.now().toISOString();
  await runAudit(bed.system, 'manual');
  await sealLedger(bed);
});
afterAll(async () => {
  await hub.stop();
  await bed.close();
});

describe('nothing can be changed through it', () => {
  it('has no command', () => {
    const types = Object.entries(
      appRouter._def.procedures as unknown as Record<string, { _def: { type: string } }>,
    )
      .filter(([path]) => path.startsWith('portal.'))
      .map(([, p]) => p._def.type);
    expect(types.length).toBeGreaterThan(5);
    expect(new Set(types)).toEqual(new Set(['query']));
  });

  it('reads as the auditors’ role whoever asks, and no write works through it, on any table', async () => {
    const ctx = await lookingOnly();
    const one = async (sql: string) => (await ctx.db.query<{ v: string }>({ sql, parameters: [] }))[0]?.v;
    expect(await one('select current_user as v')).toBe('atom_auditor');
    expect(await one('select session_user as v')).toBe('atom_auditor');
    const tables = await bed.rows<{ name: string; granted: boolean }>(
      `select quote_ident(c.relname) as name, has_table_privilege('atom_auditor', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
         or has_any_column_privilege('atom_auditor', c.oid, 'INSERT, UPDATE') as granted
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'atom' and c.relkind in ('r', 'p', 'v')`,
    );
    expect(tables.length).toBeGreaterThan(30);
    expect(tables.filter(t => t.granted).map(t => t.name)).toEqual([]);
    const pool = ctx.database.pool('atom_owner'); // asked for the owner's, it gives the auditors'
    const refusal = /permission denied|read-only|must be owner|cannot/;
    await Promise.all(
      tables.flatMap(({ name }) => [
        expect(ctx.db.query({ sql: `delete from ${name}`, parameters: [] }), name).rejects.toThrow(refusal),
        expect(pool.query(`delete from ${name}`), name).rejects.toThrow(refusal),
      ]),
    );
    for (const sql of [
      `insert into relay_policy select * from relay_policy`,
      `update policy set state = 'revoked'`,
      'truncate policy_activation',
      'drop table edge_finding',
    ])
      await expect(pool.query(sql), sql).rejects.toThrow(refusal);
  });

  it('cannot even note that it read through its own reading, nor make a table, nor change who it is', async () => {
    const ctx = await lookingOnly();
    const before = await bed.rows('select count(*) from ledger_entry');
    for (const sql of [
      `select finish_commit('018f0000-0000-7000-8000-000000000000'::uuid, 'x', 'x', 'a.b', 'a:b', null, null, null, now(), '[]'::jsonb, null, null)`,
      `select claim_read('a', 'b', 'c', now())`,
      'create table portal_was_here (a int)',
      'create temp table portal_was_here (a int)',
      'set role atom_owner',
    ])
      await expect(ctx.db.query({ sql, parameters: [] }), sql).rejects.toThrow();
    await expect(ctx.database.write(ctx.scope, async () => 1)).rejects.toMatchObject({
      code: 'portal.read_only',
    });
    expect(await bed.rows('select count(*) from ledger_entry')).toEqual(before);
  });

  it('holds for an auditor’s other reads too', async () => {
    const ctx = await readContext(bed.as(auditor), { permission: 'policy:read' }, 'policies.test');
    await expect(
      ctx.db.query({ sql: `select claim_read('a', 'b', 'c', now())`, parameters: [] }),
    ).rejects.toThrow(/read-only/);
  });
});

describe('the public face', () => {
  it('answers without signing in: sync, hashes and checkpoint, and nothing else', async () => {
    const open = portal(anonymous);
    expect(await open.sync({})).toMatchObject({
      system: 'portal',
      activePolicies: 2,
      audit: { state: 'blocked' },
    });
    expect((await open.hashes({})).rows.map(r => [r.policy, r.version])).toEqual([
      ['keep', 2],
      ['north', 1],
    ]);
    expect((await open.checkpoint({})).checkpoint).toContain('\n— ');
    for (const call of [
      () => open.audits({}),
      () => open.active({ at: at.first ?? '' }),
      () => open.entry({ id: '0' }),
    ])
      await expect(call()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(JSON.parse((await pack('keep', '', anonymous)).bytes.toString()).status).toBe(401);
    expect(holdersOf('portal:read')).not.toContain('anonymous');
  });

  it('shows no tenant’s policy, and no name of a relay', async () => {
    await bed.rows(
      `insert into policy (id, kind, tenant_id, state, scope, latest_version, active_version, active_hash, active_epoch, created_at, updated_at)
       select 'secret-plan', kind, 'acme', state, scope, 1, 1, active_hash, active_epoch, created_at, updated_at from policy where id = 'keep'`,
    );
    await bed.rows(
      `insert into relay (id, region, labels, public_key, state, agent, joined_at, updated_at) values ('relay-of-acme', 'eu-north', '{}', 'x', 'admitted', 't', now(), now())`,
    );
    for (const who of [anonymous, tenantCaller('globex')]) {
      const said = JSON.stringify([
        await portal(who).sync({}),
        await portal(who).hashes({}),
        await portal(who).checkpoint({}),
      ]);
      expect(said).not.toMatch(/secret-plan|acme/);
    }
    await bed.rows(`delete from relay`);
    await bed.rows(`delete from policy where id = 'secret-plan'`);
  });

  it('is closed to tenants where it is not public', async () => {
    await expect(portal(tenantCaller('globex')).audits({})).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('what was active in a region at an instant', () => {
  const active = async (when: string, region?: string) =>
    (await portal().active({ at: when, ...(region ? { region } : {}) })).rows.map(r => [r.policy, r.version]);
  it('goes by the instant and by the region', async () => {
    expect(await active(at.before ?? '')).toEqual([]);
    expect(await active(at.first ?? '', 'eu-north')).toEqual([
      ['keep', 1],
      ['north', 1],
    ]);
    expect(await active(at.first ?? '', 'ap-south')).toEqual([['keep', 1]]);
    expect(await active(at.second ?? '', 'ap-south')).toEqual([['keep', 2]]);
  });

  it('names the entry that activated each, and that entry can be proved', async () => {
    const { rows } = await portal().active({ at: at.second ?? '' });
    for (const row of rows) {
      const entry = await portal().entry({ id: row.entryUid ?? '' });
      expect(entry).toMatchObject({
        type: 'policy.activated',
        target: `policy:${row.policy}`,
        state: 'sealed',
      });
      expect(entry.detail).toMatchObject({ epoch: row.epoch, version: row.version, hash: row.hash });
      expect(entry.proof.path.length).toBeGreaterThan(0);
    }
  });
});

describe('the matrix', () => {
  it('has each phase and P1 to P7, and blocks what no control proved', async () => {
    const { phases, latest } = await portal().audits({});
    expect(phases.map(p => p.phase)).toContain('G.5');
    for (const phase of phases)
      expect(phase.cells.map(c => c.policy)).toEqual(['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7']);
    expect(phases.flatMap(p => p.cells.map(c => c.result))).not.toContain('PASS');
    expect(latest?.intact).toBe(true);
  });
});

describe('an evidence pack', () => {
  const failures = async (bytes: Buffer) =>
    (await checkEvidence(bytes, [], new Date('2026-12-01'))).filter(f => !f.ok).map(f => f.text);

  it.each([
    ['a policy', 'keep', ''],
    ['an instant', () => `@${at.first}`, ''],
    ['an instant and a region', () => `@${at.second}`, 'region=ap-south'],
  ])('of %s verifies offline', async (_what, id, query) => {
    const { status, bytes } = await pack(typeof id === 'string' ? id : id(), query);
    expect(status).toBe(200);
    const found = await checkEvidence(bytes, [], new Date('2026-12-01'));
    expect(found.filter(f => !f.ok)).toEqual([]);
    const text = found.map(f => f.text).join('\n');
    expect(text).toMatch(/policy versions are signed twice/);
    expect(text).toMatch(/findings of the edge audit lead to the root/);
  });

  it('holds by the verb, and not with any byte of a policy changed', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'atom-pack-'));
    const print = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      const { bytes } = await pack('keep');
      writeFileSync(join(dir, 'pack.zip'), bytes);
      expect(await verifyEvidenceVerb.run([join(dir, 'pack.zip')])).toBe(0);
      const forged = Buffer.from(bytes);
      const place = forged.indexOf('"content":"') + 40;
      forged[place] = forged[place] === 65 ? 66 : 65;
      writeFileSync(join(dir, 'forged.zip'), forged);
      expect(await verifyEvidenceVerb.run([join(dir, 'forged.zip')])).toBe(1);
      expect(print.mock.calls.flat().join('\n')).toContain('policies.jsonl was changed');
    } finally {
      print.mockRestore();
      rmSync(dir, { recursive: true });
    }
  });

  /** Packed again with sums and signature of the console itself: what is within must hold on its own. */
  async function resigned(change: (files: Map<string, string>) => void): Promise<Buffer> {
    const { bytes } = await pack('keep');
    const { Zip, ZipPassThrough } = await import('fflate');
    const { createHash } = await import('node:crypto');
    const { activeSigners, signHybrid } = await import('#kernel/signing/signer.ts');
    const { evidenceType } = await import('#server/governance/audit/schema/evidence.ts');
    const files = new Map(readArchive(bytes).map((f: ArchiveFile) => [f.name, f.data.toString('utf8')]));
    change(files);
    const manifest = JSON.parse(files.get('manifest.json') ?? '');
    for (const line of manifest.files) {
      const data = Buffer.from(files.get(line.name) ?? '');
      line.bytes = data.length;
      line.sha256 = createHash('sha256').update(data).digest('hex');
    }
    const text = JSON.stringify(manifest);
    files.set('manifest.json', text);
    files.set(
      'manifest.dsse.json',
      JSON.stringify(
        await signHybrid(evidenceType, Buffer.from(text), await activeSigners(bed.database, bed.clock)),
      ),
    );
    const parts: Uint8Array[] = [];
    const made = new Zip((_error, chunk) => void parts.push(chunk));
    for (const [name, data] of files) {
      const file = new ZipPassThrough(name);
      made.add(file);
      file.push(Buffer.from(data), true);
    }
    made.end();
    return Buffer.concat(parts);
  }
  const firstLine = (
    files: Map<string, string>,
    name: string,
    change: (line: Record<string, unknown>) => void,
  ) => {
    const rows = (files.get(name) ?? '').split('\n').filter(Boolean);
    const line = JSON.parse(rows[0] ?? '{}');
    change(line);
    files.set(name, [JSON.stringify(line), ...rows.slice(1)].map(row => `${row}\n`).join(''));
  };

  it('does not hold when whoever holds the console’s keys rewrites history in it', async () => {
    expect(await failures(await resigned(() => {}))).toEqual([]);
    const other = await resigned(files =>
      firstLine(files, 'policies.jsonl', line => {
        line.content = Buffer.from('{}').toString('base64');
      }),
    );
    expect((await failures(other)).join()).toMatch(/Policy keep, version 1: its two signatures do not hold/);
    const half = await resigned(files =>
      firstLine(files, 'policies.jsonl', line => {
        (line.statement as { signatures: unknown[] }).signatures.pop();
      }),
    );
    expect((await failures(half)).join()).toMatch(/half_signed/);
    const epoch = await resigned(files =>
      firstLine(files, 'policies.jsonl', line => {
        line.epoch = 77;
      }),
    );
    expect((await failures(epoch)).join()).toMatch(/no entry of the archive activated it under epoch 77/);
    const passed = await resigned(files =>
      firstLine(files, 'edge-audit.jsonl', line => {
        line.message = 'All is well';
      }),
    );
    expect((await failures(passed)).join()).toMatch(/do not lead to a root that the ledger holds/);
  });

  it('is refused for what there is not, and for who may not', async () => {
    expect((await pack('no-such-policy')).status).toBe(404);
    expect((await pack('@yesterday')).status).toBe(400);
    expect((await pack(`@${at.before}`)).status).toBe(404);
    expect((await pack('keep', '', tenantCaller('globex'))).status).toBe(403);
  });
});

it('writes down what an auditor read and took away', async () => {
  await portal().audits({});
  await pack('keep');
  await downloadOpenReports(bed.as(auditor), 'latest');
  const entries = await bed.rows<{ type: string; target: string }>(
    `select type, target from ledger_entry where actor = 'user:a1' and type in ('audit.read', 'audit.exported')`,
  );
  const said = entries.map(e => `${e.type} ${e.target}`);
  expect(said).toContain('audit.read resource:portal.audits');
  expect(said).toContain('audit.read resource:portal.evidence');
  expect(said).toContain('audit.exported resource:evidence keep');
  expect(said).toContain('audit.exported resource:openreports latest');
});

it('answers the simulation principal as it does a signed-in one, and says that it is simulated', async () => {
  expect(await portal(simulationPrincipal).sync({})).toMatchObject({ simulated: true });
  expect((await portal(simulationPrincipal).audits({})).latest?.simulated).toBe(true);
});
