import { afterAll, beforeAll, expect, it } from 'vitest';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { registerTestRegion } from '#scripts/testing/regions.ts';
import { createUser } from '#server/platform/identity/service.ts';
import { createCaller } from '#server/root.ts';
import { releasedByDecision } from './controls.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const run = () => releasedByDecision.run(bed.system);

it('finds a release that nobody decided', async () => {
  expect((await run()).result).toBe('N/A');
  const { user } = await createUser(bed.system, { name: 'ada', displayName: 'Ada', roles: ['approver'] });
  await registerTestRegion(bed, { name: 'eu-west', country: 'IE' });
  const { tenants } = createCaller(bed.as(person('operator')));
  await tenants.create({ id: 'acme', name: 'Acme', environment: 'production', homeRegion: 'eu-west' });
  const asked = await tenants.suspend({ id: 'acme', reason: 'unpaid' });
  if (!('requestId' in asked)) throw new Error('It was not asked for.');
  // What a person with the database's keys could do past every service.
  for (const state of ['approved', 'released'])
    await bed.rows('update approval_request set state = $2 where id = $1', [asked.requestId, state]);
  expect(await run()).toMatchObject({ result: 'FAIL', evidence: [`approval:${asked.requestId}`] });
  await bed.rows(
    `insert into approval_decision (id, request_id, decision, approver_id, authority_id, method, token, token_id, key_id, at)
     values (gen_random_uuid(), $1, 'approve', $2, $2, 'totp', 't', 't', 'k', now())`,
    [asked.requestId, user.id],
  );
  expect((await run()).result).toBe('PASS');
});
