import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestBed, testBed } from '#scripts/testing/database.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const tables = [
  '"user"',
  'session',
  'totp_device',
  'recovery_code',
  'api_token',
  'jwt_key',
  'idempotency',
  'rate_bucket',
];
const attempt = (role: 'atom_tenant' | 'atom_auditor' | 'atom_ingest', sql: string) =>
  bed.database
    .pool(role)
    .query(sql)
    .then(
      () => 'allowed',
      error => error.code as string,
    );
const refused = '42501';

it.each(tables)('keeps %s from tenants altogether', async table => {
  for (const sql of [`select * from ${table}`, `delete from ${table}`])
    expect(await attempt('atom_tenant', sql)).toBe(refused);
  expect(await attempt('atom_ingest', `select * from ${table}`)).toBe(refused);
});

it.each([
  ['"user"', 'password_hash', 'name'],
  ['totp_device', 'sealed_secret', 'name'],
  ['api_token', 'hash', 'name'],
])('shows auditors %s but not its %s', async (table, secret, open) => {
  expect(await attempt('atom_auditor', `select ${secret} from ${table}`)).toBe(refused);
  expect(await attempt('atom_auditor', `select ${open} from ${table}`)).toBe('allowed');
  expect(await attempt('atom_auditor', `update ${table} set ${open} = ''`)).toBe(refused);
});

it.each(['recovery_code', 'jwt_key', 'idempotency', 'rate_bucket'])('keeps %s from auditors', async table => {
  expect(await attempt('atom_auditor', `select * from ${table}`)).toBe(refused);
});
