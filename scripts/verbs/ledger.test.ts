import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { anchorFile } from '#kernel/ledger/anchor.ts';
import { createCheckpointer } from '#kernel/ledger/checkpoint.ts';
import { ledgerKeys } from '#kernel/ledger/origin.ts';
import { receiptOf, signedHead } from '#kernel/ledger/proofs.ts';
import { systems } from '#server/systems.ts';
import { portServer } from '#workers/ports.ts';
import { type TestBed, testBed } from '../testing/database.ts';
import { type TestLedger, testLedger } from '../testing/ledger.ts';
import { testSecret } from '../testing/secret.ts';

let bed: TestBed;
let ledger: TestLedger;
const home = mkdtempSync(join(tmpdir(), 'atom-ledger-'));
beforeAll(async () => {
  loadEnvForTest({ ATOM_HOME: home, ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' });
  bed = await testBed();
  writeFileSync(join(home, 'console.dsn'), bed.adminUrl);
  ledger = testLedger(bed);
  await ledger.bulk(300);
  await ledger.grow(2);
});
afterAll(async () => {
  await bed.close();
  rmSync(home, { recursive: true });
});

const atom = (words: string[], from = home) =>
  promisify(execFile)(process.execPath, ['scripts/atom.ts', 'ledger', ...words], {
    env: {
      NODE_ENV: 'test',
      PATH: process.env.PATH,
      ATOM_HOME: from,
      ATOM_SECRET: testSecret,
      LOG_LEVEL: 'silent',
      NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
    },
  }).then(
    done => ({ code: 0, ...done }),
    error => ({ code: error.code as number, stdout: String(error.stdout), stderr: String(error.stderr) }),
  );

it('says OK and leaves with 0, or names the first bad entry and leaves with 1', async () => {
  const pool = bed.database.pool('atom_owner');
  expect(await atom(['verify'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^OK {2}30\d entries/),
  });
  expect(await atom(['verify', '--range', '10..20'])).toMatchObject({ code: 0 });
  for (const range of ['20..10', 'x', '1..'])
    expect(await atom(['verify', '--range', range])).toMatchObject({ code: 2 });
  expect((await atom(['new-origin'])).code).toBe(2);

  // A receipt verifies in a folder that knows no database, with nothing but the keys.
  const [row] = await bed.rows<{ uid: string }>(
    'select uid from ledger_entry where id = (select entry_id from ledger_leaf where idx = 30)',
  );
  const file = join(home, 'entry.tlog-proof');
  const receipt = (await receiptOf(pool, row?.uid ?? '')) ?? '';
  writeFileSync(file, receipt);
  const keys = (await ledgerKeys(pool)).flatMap(key => ['--key', key.vkey]);
  const offline = mkdtempSync(join(tmpdir(), 'atom-offline-'));
  expect(await atom(['verify', '--receipt', file, ...keys], offline)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('OK  Entry 30 is in localhost:3000/tlog'),
  });
  writeFileSync(join(home, 'bad.tlog-proof'), receipt.replace('index 30\n', 'index 31\n'));
  expect(await atom(['verify', '--receipt', join(home, 'bad.tlog-proof'), ...keys], offline)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('BROKEN  Entry 31: The entry is not in the tree'),
  });
  rmSync(offline, { recursive: true });

  // Against a kept checkpoint, and against a copy that is read over HTTP.
  writeFileSync(join(home, 'kept'), (await signedHead(pool))?.note ?? '');
  expect(await atom(['verify', '--against', join(home, 'kept')])).toMatchObject({ code: 0 });
  const port = portServer(systems.find(s => s.key === 'audits') ?? expect.fail(), bed);
  await port.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(port.server.address() as AddressInfo).port}/tlog`;
  expect(await atom(['verify', '--against', url])).toMatchObject({ code: 0 });
  await port.close();

  await ledger.tamper(
    `update ledger_entry set body = body || ' '::bytea where id = (select entry_id from ledger_leaf where idx = 123)`,
  );
  expect(await atom(['verify'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^BROKEN {2}Entry 123 \([0-9a-f-]{36}\): its bytes do not hash/),
  });
}, 300_000);

it('goes on under a new name only when something keeps the old one from being signed', async () => {
  expect(await atom(['new-origin', 'just so'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Nothing keeps'),
  });
  const anchor = anchorFile(home);
  anchor.write({ origin: 'localhost:3000/tlog', size: 9_999, root: Buffer.alloc(32, 1), note: 'kept' });
  expect(await createCheckpointer({ ...bed, anchor }).step()).toBeNull();
  expect(await atom(['new-origin', 'Restored', 'the', 'backup'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('localhost:3000/tlog/2'),
  });
  await ledger.sequence();
  expect(await createCheckpointer({ ...bed, anchor }).step()).toBe(1);
});
