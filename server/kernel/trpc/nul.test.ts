import { afterAll, beforeAll, expect, it } from 'vitest';
import { person, type TestBed, testBed } from '#scripts/testing/database.ts';
import { createCaller } from '#server/root.ts';

let bed: TestBed;
beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const nul = 'a\u0000b';

it('names the field of a search that holds control characters', async () => {
  const { tenants } = createCaller(bed.as(person('operator')));
  await expect(tenants.list({ search: nul })).rejects.toMatchObject({
    cause: { kind: 'invalid', details: { issues: [{ field: 'search' }] } },
  });
});

it('blames the caller, not itself, for a text that Postgres cannot hold, and writes nothing', async () => {
  const { audits, tokens } = createCaller(
    bed.as({ ...person('admin'), mfaAt: bed.clock.now(), mfaEnrolled: true }),
  );
  await expect(audits.list({ target: nul })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  const before = await bed.rows('select count(*) from ledger_entry');
  await expect(tokens.create({ name: nul, roles: ['service'] })).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    cause: { code: 'request.text' },
  });
  expect(await bed.rows('select count(*) from ledger_entry')).toEqual(before);
});
