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

it.each([
  ['NUL', nul],
  ['half of a surrogate pair', 'a\ud800b'],
])('names the field of a text with %s, wherever it lies, and writes nothing', async (_what, text) => {
  const { tenants } = createCaller(bed.as(person('operator')));
  const before = await bed.rows('select count(*) from ledger_entry');
  const made = { id: 'odd-text', name: 'Odd', environment: 'simulation', homeRegion: 'eu-west' } as const;
  await expect(tenants.create({ ...made, name: text })).rejects.toMatchObject({
    cause: { kind: 'invalid', code: 'request.text', details: { issues: [{ field: 'name' }] } },
  });
  await expect(tenants.create({ ...made, dataClasses: ['pii', text] as never })).rejects.toMatchObject({
    cause: { details: { issues: [{ field: 'dataClasses.1' }] } },
  });
  await expect(tenants.get({ id: text })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  expect(await bed.rows('select count(*) from ledger_entry')).toEqual(before);
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
