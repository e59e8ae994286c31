import { describe, expect, it } from 'vitest';
import { breadcrumb, navigation, navigationFor } from './navigation.ts';

describe('navigation', () => {
  it('hides what the person may not see', () => {
    const ids = navigationFor(['region:read']).flatMap(item => [
      item.id,
      ...(item.children ?? []).map(c => c.id),
    ]);
    expect(ids).toContain('regions');
    expect(ids).not.toContain('tenants');
    expect(ids).not.toContain('users');
  });
  it('gives each shortcut to one page', () => {
    const keys = navigation
      .flatMap(item => [item, ...(item.children ?? [])])
      .flatMap(item => item.shortcut ?? []);
    expect(new Set(keys).size).toBe(keys.length);
  });
  it('leads from the group to the thing', () => {
    expect(breadcrumb('/federation/tenants/t1').map(c => c.label)).toEqual(['Federation', 'Tenants', 't1']);
    expect(breadcrumb('/policies/relays').map(c => c.label)).toEqual(['Policies', 'Relays']);
    expect(breadcrumb('/policies').map(c => c.label)).toEqual(['Policies', 'Policies']);
    expect(
      breadcrumb('/federation/regions/%ff')
        .map(c => c.label)
        .at(-1),
    ).toBe('%ff');
    expect(breadcrumb('/').map(c => c.label)).toEqual(['Overview']);
  });
});
