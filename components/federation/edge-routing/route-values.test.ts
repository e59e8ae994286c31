import { expect, it } from 'vitest';
import { noRoute, readRoute } from './route-values.ts';

it('sends what was typed and leaves out what was not', async () => {
  expect(await readRoute({ ...noRoute, tenant: 't1' })).toEqual({ input: { tenant: 't1' } });
  expect(
    await readRoute({
      ...noRoute,
      tenant: 't1',
      where: 'place',
      lat: '53.3',
      lon: '-6',
      countries: 'ie, de',
    }),
  ).toEqual({
    input: { tenant: 't1', location: { lat: 53.3, lon: -6 }, residency: { countries: ['IE', 'DE'] } },
  });
});

it('says which field is wrong', async () => {
  expect(await readRoute({ ...noRoute, where: 'address', clientIp: 'here' })).toEqual({
    errors: { tenant: 'Choose a tenant.', clientIp: 'Not an IPv4 or IPv6 address, for example 2.1.2.3.' },
  });
  expect(
    await readRoute({ ...noRoute, tenant: 't1', where: 'address', clientIp: '[2a02::1]' }),
  ).toMatchObject({ errors: { clientIp: expect.stringContaining('without brackets') } });
  expect(await readRoute({ ...noRoute, tenant: 't1', where: 'place', lat: '', lon: '500' })).toMatchObject({
    errors: { lat: expect.any(String), lon: expect.any(String) },
  });
});
