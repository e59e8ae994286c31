import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '#kernel/auth/principal.ts';
import { person, simulationPrincipal, type TestBed, testBed } from '#scripts/testing/database.ts';
import { createCaller } from '#server/root.ts';

let bed: TestBed;
const one = person('auditor', '00000000-0000-7000-8000-0000000000a1');
const two = person('operator', '00000000-0000-7000-8000-0000000000a2');
const value = { hidden: ['tier'], order: ['state', 'name'], dense: true, views: [] };

beforeAll(async () => {
  bed = await testBed();
});
afterAll(() => bed.close());

const as = (who: Principal, request = {}) => createCaller(bed.as(who, request)).preferences;
const entries = () => bed.rows("select 1 from ledger_entry where type = 'preference.saved'");

describe('preferences', () => {
  it('are each person’s own, auditors’ too', async () => {
    await as(one).saveTable({ table: 'tenants', value });
    expect((await as(one).mine()).tables).toEqual({ tenants: value });
    expect((await as(two).mine()).tables).toEqual({});
  });
  it('are written once for what is already so', async () => {
    const before = (await entries()).length;
    await as(one).saveTable({ table: 'tenants', value });
    expect((await entries()).length).toBe(before);
  });
  it('are reset to how the table comes, and keep the saved views', async () => {
    const views = [{ name: 'Critical', query: '?tier=critical' }];
    await as(one).saveTable({ table: 'regions', value: { ...value, views } });
    await as(one).resetTable({ table: 'regions' });
    await as(one).resetTable({ table: 'tenants' });
    await as(one).resetTable({ table: 'never-changed' });
    expect((await as(one).mine()).tables).toEqual({
      regions: { hidden: [], order: [], dense: false, views },
    });
  });
  it('remember how far the tour is', async () => {
    expect((await as(two).mine()).tour.state).toBe('unseen');
    await as(two).saveTour({ state: 'later', step: 3 });
    expect((await as(two).mine()).tour).toEqual({ state: 'later', step: 3 });
  });
  it('refuse what is too much, what is unknown, and whoever is no person', async () => {
    const invalid = { code: 'BAD_REQUEST' };
    await expect(as(one).saveTable({ table: '../x', value })).rejects.toMatchObject(invalid);
    await expect(
      as(one).saveTable({
        table: 't',
        value: { ...value, views: Array.from({ length: 31 }, () => ({ name: 'v', query: '' })) },
      }),
    ).rejects.toMatchObject(invalid);
    await expect(
      as(one).saveTable({ table: 't', value: { ...value, colour: 'red' } as never }),
    ).rejects.toMatchObject(invalid);
    await expect(as(simulationPrincipal).saveTour({ state: 'done' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    const token: Principal = { kind: 'token', id: 'x', name: 'x', holders: ['operator'] };
    await expect(as(token).saveTour({ state: 'done' })).rejects.toMatchObject({
      cause: { code: 'preferences.people_only' },
    });
    await expect(as(two, { csrfSafe: false }).saveTour({ state: 'done' })).rejects.toMatchObject({
      cause: { code: 'auth.csrf' },
    });
  });
});
