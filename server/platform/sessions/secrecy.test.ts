import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newApiToken } from '#kernel/auth/tokens.ts';
import { type TestBed, testBed } from '#scripts/testing/database.ts';
import { testSecret } from '#scripts/testing/secret.ts';
import { createUser } from '../identity/service.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

it('writes no password and no token into the log, whatever fails', async () => {
  bed.clock.advance(Date.now() - bed.clock.now().getTime()); // risky changes are refused while old entries are unsealed
  const { password } = await createUser(
    bed.system,
    { name: 'logged', displayName: 'Logged', roles: ['operator'] },
    false,
  );
  const { secret: token } = newApiToken();
  const input = JSON.stringify({ dsn: bed.adminUrl, name: 'logged', password, token });
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['scripts/testing/sign-in-logged.ts', input],
    { env: { NODE_ENV: 'test', PATH: process.env.PATH, ATOM_SECRET: testSecret, LOG_LEVEL: 'trace' } },
  );
  const output = stdout + stderr;
  expect(output).toContain('"procedure":"identity.changePassword"');
  expect(output).toContain('<REDACTED');
  expect(output).not.toContain(token);
  expect(output).not.toContain(token.slice(9, 30));
  expect(output).not.toContain(`"password":"${password}`);
  expect(output.match(new RegExp(password, 'g'))).toBeNull();
});
