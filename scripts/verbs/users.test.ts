import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEnvForTest } from '#kernel/env/env.ts';
import { signIn } from '#server/root.ts';
import { takeFirstLogins } from '../../prisma/seed/first-logins.ts';
import { seedLogins } from '../../prisma/seed/logins.ts';
import { type TestBed, testBed } from '../testing/database.ts';
import { testSecret } from '../testing/secret.ts';

let bed: TestBed;
const home = mkdtempSync(join(tmpdir(), 'atom-seed-'));
beforeAll(async () => {
  loadEnvForTest({ ATOM_HOME: home, ATOM_SECRET: testSecret, LOG_LEVEL: 'silent' });
  bed = await testBed();
  writeFileSync(join(home, 'console.dsn'), bed.adminUrl);
});
afterAll(async () => {
  await bed.close();
  rmSync(home, { recursive: true });
});

/** Beside a running console: nothing but the folder that the supervisor noted its Postgres in. */
const atom = (...words: string[]) =>
  promisify(execFile)(process.execPath, ['scripts/atom.ts', ...words], {
    env: {
      NODE_ENV: 'test',
      PATH: process.env.PATH,
      ATOM_HOME: home,
      ATOM_SECRET: testSecret,
      LOG_LEVEL: 'silent',
    },
  }).then(
    done => ({ code: 0, ...done }),
    error => ({ code: error.code as number, stdout: String(error.stdout), stderr: String(error.stderr) }),
  );
const enter = (name: string, password: string) =>
  signIn({ name, password }, { database: bed.database, clock: bed.clock, ip: 'cli', userAgent: 'test' });

describe('the seeded logins', () => {
  it('are one for each role, random, hashed, and made once', async () => {
    await seedLogins(bed.system);
    expect(statSync(join(home, 'first-logins.json')).mode & 0o077).toBe(0);
    const made = takeFirstLogins();
    expect(takeFirstLogins()).toEqual([]);
    expect(made.map(login => login.role)).toEqual(['admin', 'operator', 'approver', 'auditor', 'service']);
    expect(new Set(made.map(login => login.password)).size).toBe(5);
    for (const login of made.slice(0, 4))
      await expect(enter(login.name, login.password)).resolves.toMatchObject({ name: login.name });
    expect(await bed.rows('select roles from "user" where name = \'admin\'')).toEqual([
      { roles: ['admin', 'approver'] },
    ]);
    await seedLogins(bed.system);
    expect(takeFirstLogins()).toEqual([]);
    const stored = JSON.stringify([
      await bed.rows('select * from "user"'),
      await bed.rows('select * from api_token'),
    ]);
    for (const { password } of made) expect(stored).not.toContain(password);
  });
});

describe('npm run atom -- users', () => {
  it('lists, and resets a password beside a running console', async () => {
    expect((await atom('users', 'list')).stdout).toMatch(/^admin +active +admin, approver/m);
    const reset = await atom('users', 'reset', 'Operator');
    const password = reset.stdout.trim().split(/\s+/).at(-1) ?? '';
    await expect(enter('operator', password)).resolves.toBeDefined();
    const live = await bed.rows<{ n: number }>(
      'select count(*)::int as n from session where revoked_at is null and user_id = (select id from "user" where name = \'operator\')',
    );
    expect(live).toEqual([{ n: 1 }]);
    const [entry] = await bed.rows<{ body: Buffer }>(
      "select body from ledger_entry where type = 'user.password_reset'",
    );
    expect(String(entry?.body)).not.toContain(password);
  });

  it('lets somebody in who lost the second factor', async () => {
    await bed.rows(
      `insert into totp_device (id, user_id, name, sealed_secret, confirmed_at, created_at)
       select gen_random_uuid(), id, 'lost', 'seal1.x', now(), now() from "user" where name = 'approver'`,
    );
    const password = (await atom('users', 'reset', 'approver')).stdout.trim().split(/\s+/).at(-1) ?? '';
    await expect(enter('approver', password)).rejects.toMatchObject({ code: 'session.code_needed' });
    expect(await atom('users', 'drop-second-factor', 'approver')).toMatchObject({ code: 0 });
    await expect(enter('approver', password)).resolves.toBeDefined();
  });

  it('says what is wrong in one sentence', async () => {
    const unknown = await atom('users', 'reset', 'nobody');
    expect(unknown.code).toBe(1);
    expect(unknown.stderr.trim()).toBe('There is no user "nobody". See: npm run atom -- users list');
    expect((await atom('users', 'explode')).code).toBe(2);
  });
});
