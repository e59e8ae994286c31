import { expect, it } from 'vitest';
import { navigation } from './navigation.ts';
import { tourFor } from './tour-steps.ts';

const all = ['control:read', 'tenant:read', 'environment:read'];
const ids = (permissions: string[], simulated = true) => tourFor(permissions, simulated).map(s => s.id);

it('shows nobody what is not theirs to see', () => {
  expect(ids([])).toEqual(['welcome', 'verdict', 'places', 'scope', 'keys']);
  expect(ids(all)).toContain('list');
  expect(ids(all, false)).not.toContain('real');
});

it('leads to pages that exist', () => {
  const pages = navigation.flatMap(item => [item, ...(item.children ?? [])]).map(item => item.href);
  for (const { href } of tourFor(all, true)) if (href) expect(pages).toContain(href);
});
