import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '#kernel/db/database.ts';
import { startEmbedded } from '#kernel/db/embedded.ts';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { parseAllowedHosts } from '#kernel/http/address-ranges.ts';
import { freePort } from '#kernel/http/free-port.ts';
import { createCheckpointer } from '#kernel/ledger/checkpoint.ts';
import { ledgerKeys } from '#kernel/ledger/origin.ts';
import { originHash } from '#kernel/ledger/witness-messages.ts';
import { ownCosigner } from '#kernel/ledger/witness-serve.ts';
import { submitToWitnesses } from '#kernel/ledger/witness-submit.ts';
import { dsseEnvelope } from '#kernel/signing/dsse.ts';
import { trustedKeys } from '#kernel/signing/signer.ts';
import { verifyStatement } from '#kernel/signing/statement.ts';
import { systemContext } from '#kernel/trpc/commit.ts';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { memoryAnchor, type TestLedger, testLedger } from '#scripts/testing/ledger.ts';
import { heartbeatEnvelope, type RegionKeyPair, registerTestRegion } from '#scripts/testing/regions.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { until } from '#scripts/testing/until.ts';
import { acceptHeartbeat } from '#server/federation/regions/service/heartbeat.ts';
import { createTenantInput } from '#server/federation/tenants/schema.ts';
import { createTenant } from '#server/federation/tenants/service.ts';
import { createCaller } from '#server/root.ts';
import { systems } from '#server/systems.ts';
import { portServer } from '#workers/ports.ts';
import { provenRestores } from './controls.ts';
import { diskStore } from './gateway.real/disk.ts';
import { drillPredicate } from './schema.ts';
import { drill } from './service/drill.ts';
import { readManifest, writeKeys } from './service/manifest.ts';
import { keepRecovery, runDrill, runSnapshot } from './service/perform.ts';
import { recoverInto } from './service/recover.ts';
import { sweepScratch, withScratchServer } from './service/scratch.ts';
import { provenRestore } from './service.ts';

let bed: TestBed;
let ledger: TestLedger;
let key: RegionKeyPair;
let folder: string;
const home = mkdtempSync(join(tmpdir(), 'atom-recovery-'));
chmodSync(home, 0o711);

beforeAll(async () => {
  loadEnvForTest({ ATOM_HOME: home, ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' });
  folder = join(home, 'snapshots');
  bed = await testBed();
  ledger = testLedger(bed);
  key = await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  for (const id of ['acme', 'borealis'])
    await createTenant(
      bed.system,
      createTenantInput.parse({
        id,
        name: `Ünïcode ${id} "x" \\ N`,
        environment: 'staging',
        homeRegion: 'eu-west',
      }),
    );
  await ledger.grow(5);
});
afterAll(async () => {
  await bed.close();
  rmSync(home, { recursive: true });
});

const recovery = () => createCaller(bed.as(person('operator'))).recovery;
const failing = (checks: { name: string; passed: boolean }[]) =>
  checks.filter(c => !c.passed).map(c => c.name);
async function taken(): Promise<string> {
  const { id } = await recovery().snapshot({});
  await runSnapshot(bed.system, id);
  return id;
}

describe('a snapshot', () => {
  let id: string;

  it('is due at once, taken once, signed, and unproven', async () => {
    expect(await provenRestores.run(bed.system)).toMatchObject({ result: 'BLOCKED' });
    await keepRecovery(bed.system);
    await keepRecovery(bed.system); // one is asked for already
    const [asked, ...more] = (await recovery().snapshots()).rows;
    expect(more).toEqual([]);
    id = asked?.id ?? '';
    await Promise.all([runSnapshot(bed.system, id), runSnapshot(bed.system, id)]);
    const [row] = (await recovery().snapshots()).rows;
    expect(row).toMatchObject({ state: 'complete', provenAt: null, error: null });
    expect(row?.rows).toBeGreaterThan(20);
    expect(await provenRestore(bed.system)).toBeNull();
    const { manifest } = await readManifest(diskStore(folder), id);
    expect(manifest.tables.map(table => table.name)).toEqual(
      expect.arrayContaining(['tenant', 'ledger_entry', 'region']),
    );
    expect(manifest.tables.map(table => table.name)).not.toContain('_prisma_migrations');
  });

  it('gives nothing away without the master secret', () => {
    const files = readdirSync(join(folder, id)).map(name => readFileSync(join(folder, id, name), 'latin1'));
    expect(files.join()).not.toContain('acme');
    expect(existsSync(join(home, 'snapshot-work', id))).toBe(false);
  });

  it('is restored into a server of its own and proved; the report is signed', async () => {
    await recovery().drill({ id });
    await runDrill(bed.system, id, 'demand');
    const [row] = (await recovery().drills()).rows;
    expect(failing(row?.checks ?? [])).toEqual([]);
    expect(row?.checks.map(c => c.name)).toEqual([
      'Signature and files',
      'Schema',
      'Row counts',
      'Row hashes',
      'Row level security',
      'Newest row',
      'Ledger',
    ]);
    const { report } = await recovery().report({ id: row?.id ?? '' });
    const { bytes } = await readManifest(diskStore(folder), id);
    const verified = verifyStatement(
      dsseEnvelope.parse(report),
      { predicateType: drillPredicate, content: bytes },
      await trustedKeys(bed.database),
      bed.clock.now(),
    );
    expect(verified).toMatchObject({ ok: true, statement: { predicate: { passed: true, snapshot: id } } });
    expect((await recovery().snapshots()).rows[0]?.provenAt).not.toBeNull();
    expect(await provenRestore(bed.system)).toMatchObject({ snapshotId: id, ageSeconds: 0 });
    const { objectives } = await recovery().status();
    expect(objectives.find(o => o.tier === 'critical')).toMatchObject({
      rpo: { met: true },
      proof: { met: true },
    });
    expect(await provenRestores.run(bed.system)).toMatchObject({ result: 'PASS' });
    // What cannot be restored any more is no proof, however lately it could be, and no copy to be promised either.
    const before = readFileSync(join(folder, id, 'tenant.copy'));
    rmSync(join(folder, id, 'tenant.copy'));
    bed.clock.advance(1000);
    await runDrill(bed.system, id, 'schedule');
    expect(await provenRestore(bed.system)).toBeNull();
    expect((await recovery().snapshots()).rows[0]?.provenAt).toBeNull();
    expect(await recovery().status()).toMatchObject({ newest: null, proven: null });
    expect(await provenRestores.run(bed.system)).toMatchObject({ result: 'BLOCKED' });
    writeFileSync(join(folder, id, 'tenant.copy'), before);
    bed.clock.advance(1000);
    await runDrill(bed.system, id, 'demand');
    expect(await provenRestores.run(bed.system)).toMatchObject({ result: 'PASS' });
    bed.clock.advance(13 * 3_600_000);
    expect(await provenRestores.run(bed.system)).toMatchObject({
      result: 'FAIL',
      reason: expect.stringContaining('critical'),
    });
  });
});

describe('a snapshot that is not what was signed', () => {
  let id: string;
  const at = (file: string) => join(folder, id, file);
  const found = async () => (await drill(bed, diskStore(folder), id)).checks;
  beforeAll(async () => {
    id = await taken();
  });
  const changed = async (file: string, change: (bytes: Buffer) => Buffer | null, said: string) => {
    const before = readFileSync(at(file));
    const after = change(Buffer.from(before));
    if (after) writeFileSync(at(file), after);
    else rmSync(at(file));
    expect(await found()).toEqual([
      { name: 'Signature and files', passed: false, found: expect.stringContaining(said) },
    ]);
    writeFileSync(at(file), before);
  };

  it('is refused by name: a flipped byte, a missing file', async () => {
    const flip = (bytes: Buffer) => {
      bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
      return bytes;
    };
    await changed('tenant.copy', flip, 'A file differs from what was signed. tenant.copy');
    await changed('tenant.copy', () => null, 'A file that the manifest names is missing. tenant.copy');
    await changed('manifest.json', flip, 'The signature of its manifest does not hold.');
    await changed('manifest.json', () => null, 'It has no manifest');
  });

  it('is refused by name: a wrong signature, half a signature, keys of another installation', async () => {
    const halve = (bytes: Buffer) => {
      const envelope = JSON.parse(bytes.toString());
      return Buffer.from(JSON.stringify({ ...envelope, signatures: envelope.signatures.slice(0, 1) }));
    };
    await changed('manifest.dsse.json', halve, 'Only one of the two signatures');
    await changed(
      'manifest.dsse.json',
      () => Buffer.from('{}'),
      'The signature of its manifest does not hold.',
    );
    const strange = await testBed();
    try {
      const { rotateKey } = await import('#server/platform/keys/service.ts');
      const [one] = await trustedKeys(strange.database);
      if (one) await rotateKey(strange.system, { id: one.id, reason: 'test', overlapDays: 1 } as never);
      const others = writeKeys((await trustedKeys(strange.database)).filter(k => k.algorithm !== 'ed25519'));
      await changed('keys.json', () => others, 'The signature of its manifest does not hold.');
    } finally {
      await strange.close();
    }
    await changed(
      'keys.json',
      bytes => Buffer.from(bytes.toString().replace(/"mac":\s*"../, '"mac": "00')),
      'The master secret is another one'.toLowerCase().slice(0, 17),
    );
  });

  it('leaves a failed drill with its reason, and does not prove anything', async () => {
    const before = readFileSync(at('region.copy'));
    writeFileSync(at('region.copy'), Buffer.concat([before, Buffer.from('x')]));
    await runDrill(bed.system, id, 'schedule');
    writeFileSync(at('region.copy'), before);
    const [row] = (await recovery().drills()).rows;
    expect(row).toMatchObject({ passed: false, snapshotId: id });
    expect((await recovery().snapshots()).rows.find(r => r.id === id)?.provenAt).toBeNull();
    expect(await bed.rows("select 1 from outbox where body::text like '%The restore of %'")).not.toEqual([]);
  });

  it('finds a row that the restore did not bring back as it was', async () => {
    const { manifest } = await readManifest(diskStore(folder), id);
    const { fetchFiles, restoreInto } = await import('./store/restore.ts');
    const { proveRestored } = await import('./store/prove.ts');
    const work = join(home, 'by-hand');
    await fetchFiles(diskStore(folder), manifest, work);
    await withScratchServer(async url => {
      await restoreInto(url, manifest, work);
      const database = openDatabase(url);
      const owner = database.pool('atom_owner');
      expect(failing(await proveRestored(url, manifest))).toEqual([]);
      await owner.query("update tenant set name = 'other' where id = 'acme'");
      expect(failing(await proveRestored(url, manifest))).toEqual(['Row hashes']);
      await owner.query('alter table tenant no force row level security');
      await owner.query("delete from tenant where id = 'borealis'");
      expect(failing(await proveRestored(url, manifest))).toEqual([
        'Row counts',
        'Row hashes',
        'Row level security',
      ]);
      await expect(restoreInto(url, manifest, work)).rejects.toMatchObject({ reason: 'not_empty' });
      await database.close();
    });
  });
});

describe('a snapshot that cannot be finished', () => {
  it('leaves nothing behind, says why, and is told of', async () => {
    const { id } = await recovery().snapshot({});
    // Some files are there already when the disk has no place for this one.
    mkdirSync(join(folder, id, 'tenant.copy', 'in the way'), { recursive: true });
    await runSnapshot(bed.system, id);
    expect((await recovery().snapshots()).rows.find(row => row.id === id)).toMatchObject({
      state: 'failed',
      error: expect.any(String),
    });
    expect(existsSync(join(folder, id))).toBe(false);
    expect(existsSync(join(home, 'snapshot-work', id))).toBe(false);
    expect(await bed.rows("select 1 from outbox where body::text like '%A snapshot failed%'")).not.toEqual(
      [],
    );
  });

  it('is given up once whoever took it is gone, and not while somebody is at it', async () => {
    const { id } = await recovery().snapshot({});
    await bed.rows("update recovery_snapshot set state = 'taking' where id = $1", [id]);
    mkdirSync(join(folder, id));
    writeFileSync(join(folder, id, 'tenant.copy'), 'half');
    bed.clock.advance(2 * 3_600_000);
    const state = async () => (await recovery().snapshots()).rows.find(row => row.id === id)?.state;
    const worker = await bed.database.pool('atom_owner').connect();
    await worker.query('select pg_advisory_lock(hashtextextended($1, 0))', [`snapshot:${id}`]);
    await keepRecovery(bed.system);
    expect(await state()).toBe('taking');
    worker.release(true); // as a worker that was killed
    await until('the lock to be gone', async () => {
      await keepRecovery(bed.system);
      return (await state()) === 'failed';
    });
    expect(existsSync(join(folder, id))).toBe(false);
  });
});

describe('a restore whose worker was killed', () => {
  it('leaves neither its server nor its rows: whoever comes next removes both, and nothing that is in use', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    const left = mkdtempSync(join(tmpdir(), `atom-drill-${gone}-`));
    chmodSync(left, 0o711);
    const orphan = await startEmbedded({ dir: join(left, 'pg'), port: freePort, password: 'left' });
    const young = mkdtempSync(join(tmpdir(), `atom-drill-${gone}-`));
    const ended = once(orphan.process, 'exit');
    try {
      await withScratchServer(async url => {
        const later = Date.now() + 2 * 3_600_000;
        utimesSync(young, new Date(later), new Date(later));
        expect(sweepScratch(later)).toBeGreaterThanOrEqual(1);
        await ended;
        expect(existsSync(left)).toBe(false);
        expect(existsSync(young)).toBe(true);
        const used = openDatabase(url);
        expect((await used.pool('atom_owner').query('select 1 as one')).rows).toEqual([{ one: 1 }]);
        await used.close();
      });
    } finally {
      rmSync(young, { recursive: true });
    }
  });
});

describe('a restore whose process ends in the middle of it', () => {
  it('takes its server and its rows along', async () => {
    const ended = `
      const { loadEnvForTest } = await import('#kernel/env/env.ts');
      loadEnvForTest({ ATOM_SECRET: '${testSecret}', LOG_LEVEL: 'silent' });
      const { withScratchServer } = await import('./server/federation/recovery/service/scratch.ts');
      await withScratchServer(async () => {
        console.log(process.pid);
        process.exit(0);
      });`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', ended]);
    const pid = stdout.trim();
    expect(pid).toMatch(/^\d+$/);
    expect(readdirSync(tmpdir()).filter(name => name.startsWith(`atom-drill-${pid}-`))).toEqual([]);
  });
});

describe('recovery on an empty machine', () => {
  it('rebuilds the console by one command, and its regions go on speaking', async () => {
    const id = await taken();
    const empty = mkdtempSync(join(tmpdir(), 'atom-empty-'));
    chmodSync(empty, 0o711);
    const atom = (words: string[], secret = testSecret) =>
      promisify(execFile)(process.execPath, ['scripts/atom.ts', 'recover', ...words], {
        env: {
          NODE_ENV: 'test',
          PATH: process.env.PATH,
          ATOM_HOME: empty,
          ATOM_SECRET: secret,
          LOG_LEVEL: 'silent',
          NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
        },
      }).then(
        done => ({ code: 0, ...done }),
        error => ({ code: error.code as number, stdout: String(error.stdout), stderr: String(error.stderr) }),
      );
    try {
      expect((await atom([])).code).toBe(2);
      const other = await atom(['--from', join(folder, id)], Buffer.alloc(32, 99).toString('base64url'));
      expect(other).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('not written by this installation'),
      });
      expect(existsSync(join(empty, 'postgres'))).toBe(false);
      const done = await atom(['--from', join(folder, id)]);
      expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('Start the console') });
      expect(done.stdout).toContain('Regions: eu-west may send heartbeats again');
      expect(await atom(['--from', join(folder, id)])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('only ever fills an empty one'),
      });
    } finally {
      rmSync(empty, { recursive: true, force: true });
    }
  }, 300_000);

  it('takes the regions up with their own keys, and refuses to sign over a lost tail', async () => {
    const id = await taken();
    const witness = await testBed();
    const port = portServer(systems.find(s => s.key === 'audits') ?? expect.fail(), witness);
    await port.listen({ host: '127.0.0.1', port: 0 });
    const url = `http://127.0.0.1:${(port.server.address() as AddressInfo).port}/tlog/witness`;
    try {
      // What happens after the snapshot is signed and cosigned elsewhere: it will be missing.
      const origin = 'localhost:3000/tlog';
      const vkeys = (await ledgerKeys(bed.database.pool('atom_owner'))).map(k => k.vkey);
      await witness.rows(
        'insert into witnessed_log (origin, origin_hash, vkeys, created_at) values ($1, $2, $3, now())',
        [origin, originHash(origin), vkeys],
      );
      const vkey = ownCosigner(witness.clock).vkey;
      await bed.rows(
        `insert into ledger_witness (id, url, vkeys, created_at) values ('other', $1, $2, now())`,
        [url, [vkey]],
      );
      const withWitness = await taken();
      await ledger.grow(4);
      const fetch = { allowed: parseAllowedHosts('127.0.0.1') };
      await submitToWitnesses({ ...bed, fetch });
      await withScratchServer(async scratch => {
        const done = await recoverInto(scratch, diskStore(folder), withWitness, bed.clock, fetch);
        expect(done.regions).toEqual(['eu-west']);
        expect(failing(done.checks)).toEqual([]);
        expect(done.halted).not.toBeNull();
        const database = openDatabase(scratch);
        const rebuilt = { database, clock: bed.clock };
        expect(await createCheckpointer({ ...rebuilt, anchor: memoryAnchor() }).step()).toBeNull();
        const now = bed.clock.now();
        const beat = heartbeatEnvelope(key, { name: 'eu-west', sequence: now.getTime(), at: now });
        const answer = await acceptHeartbeat(systemContext('test', database, bed.clock), {
          ...beat,
          name: 'eu-west',
        });
        expect(answer.state).toBe('active');
        await database.close();
      });
      // Without a signed tail there is nothing to halt for.
      await withScratchServer(async scratch => {
        expect((await recoverInto(scratch, diskStore(folder), id, bed.clock, fetch)).halted).toBeNull();
      });
    } finally {
      await port.close();
      await witness.close();
    }
  }, 300_000);
});
