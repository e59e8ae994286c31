import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tenantId } from '#server/federation/tenants/schema.ts';
import { namespaceOf, ownerOf } from './ownership.ts';

const id = fc.stringMatching(/^[ab](?:[ab_h-]{0,6}[abu])?$/).filter(text => tenantId.safeParse(text).success);

it('no role is two tenants’, and no tenant’s id can be read out of another’s role', () => {
  fc.assert(
    fc.property(id, id, fc.stringMatching(/^[a-z_.-]{0,8}$/), (one, other, rest) => {
      for (const name of [one, `${one}.${rest}`]) {
        expect(ownerOf({ name, comment: null })).toBe(one);
        expect(ownerOf({ name, comment: `atom:tenant=${other}` })).toBe(other);
      }
    }),
  );
  expect(ownerOf({ name: 'test_tenant_app', comment: null })).not.toMatch(/^test(_tenant)?$/);
  expect(ownerOf({ name: 'x', comment: 'atom:tenant=a atom:tenant=b' })).toBeNull();
  expect(ownerOf({ name: 'x', comment: 'see atom:tenant=a and more' })).toBe('a');
});

it('two tenants never share a namespace', () => {
  fc.assert(
    fc.property(id, id, fc.constantFrom('tenant-', 'tenant', ''), (one, other, prefix) => {
      const [first, second] = [namespaceOf(prefix, one), namespaceOf(prefix, other)];
      if (one !== other && first !== null) expect(first).not.toBe(second);
      if (first !== null) expect(first).toMatch(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/);
    }),
  );
  expect(namespaceOf('tenant-', 'a-b')).toBe('tenant-a-b');
  expect(namespaceOf('tenant-', 'a_b')).toBe('tenant--a-ub');
  expect(namespaceOf('', 'a_b')).toBeNull();
  expect(namespaceOf('tenant-', 'a'.repeat(60))).toBeNull();
});
